import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNode, createTcpListener } from '@sapwood/node'
import { RegtestBitcoind } from '@sapwood/integration'
import { regtest } from '@sapwood/wire-codec'
import { version } from '../src/version.ts'
import { buildCommand } from './support/build-command.ts'
import { expectInSchema } from './support/lines-schema.ts'
import { sapwood } from './support/run-command.ts'

/** A machine with much else to do takes its time to start a bitcoind. */
const HOOK_TIMEOUT = 120_000
let bitcoind: RegtestBitcoind
let target: string
beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start()
  await bitcoind.mine(3)
  target = `127.0.0.1:${bitcoind.p2pPort}`
}, HOOK_TIMEOUT)
afterAll(async () => {
  await bitcoind[Symbol.asyncDispose]()
}, HOOK_TIMEOUT)

const stepsOf = (lines: readonly Record<string, unknown>[]): unknown[] => lines.map(({ step }) => step)

describe('sapwood peer', () => {
  it('shows every step of a connection to a real bitcoind', async () => {
    const { exitCode, lines } = await sapwood(['peer', target, '-n', 'regtest', '--json', '--no-addresses'])
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    expect(stepsOf(lines())).toEqual([
      'dial',
      'transport',
      'version',
      'ping',
      'ping',
      'ping',
      'features',
      'headers',
      'end',
    ])
    const [dial, transport, seen, , , , features, headers, end] = lines()
    expect(dial).toMatchObject({ opened: true, via: 'directly' })
    expect(transport).toMatchObject({ protocol: 'v2', sessionId: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const { subversion, localservicesnames } = await bitcoind.rpc<{
      readonly subversion: string
      readonly localservicesnames: readonly string[]
    }>('getnetworkinfo')
    expect(seen).toMatchObject({ userAgent: subversion, startHeight: 3, relay: true })
    expect(seen!['servicesNames']).toEqual(expect.arrayContaining([...localservicesnames].slice(0, 1)))
    expect(features).toMatchObject({ wtxidRelay: true, addrv2: true, compactBlocks: true })
    expect(headers).toMatchObject({ count: 3, ourChain: true })
    expect(end).toMatchObject({ code: 'requested' })
  })

  it('says why v1 is spoken, and gives text to people', async () => {
    const { exitCode, out } = await sapwood(['peer', target, '-n', 'regtest', '--v1', '--no-addresses'])
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^127\.0\.0\.1:\d+\n {2}dial /)
    expect(out).toContain('v1 (plain): as asked for by --v1')
    expect(out).toContain('3 headers after the genesis block, of this network')
    expect(out).toContain('we closed it')
  })

  it('watches what is said, decoded, until it is interrupted', async () => {
    const stopping = new AbortController()
    let text = ''
    const onOut = (piece: string): void => {
      text += piece
      if (text.includes('"step":"headers"')) stopping.abort(new Error('interrupted'))
    }
    const { exitCode, lines } = await sapwood(
      ['peer', target, '-n', 'regtest', '--json', '--no-addresses', '--watch'],
      { signal: stopping.signal, onOut },
    )
    expect(exitCode).toBe(130)
    expectInSchema(lines())
    const messages = lines().filter(({ type }) => type === 'message')
    expect(messages.map(({ direction, command }) => `${direction as string} ${command as string}`)).toEqual(
      expect.arrayContaining(['sent version', 'received version', 'received verack', 'received headers']),
    )
    expect(messages.find(({ command }) => command === 'version')!['message']).toMatchObject({
      type: 'version',
    })
    expect(lines().at(-1)).toMatchObject({ step: 'end', code: 'aborted' })
  })

  it('shows the addresses that a node of ours gives', async () => {
    await using node = await createNode(
      { network: regtest, dnsSeeds: false, fixedSeeds: false, networkActive: true },
      { listeners: [createTcpListener()] },
    )
    const [address] = node.network.listening()
    const { exitCode, lines } = await sapwood(['peer', address!, '-n', 'regtest', '--json', '--wait', '1'])
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    expect(lines().find(({ step }) => step === 'version')).toMatchObject({
      userAgent: expect.stringContaining('/sapwood:'),
    })
    expect(stepsOf(lines())).toContain('addresses')
  })

  it('ends in 3 where nobody is, in 4 where the remote refuses, in 2 for what was not understood', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const refused = await sapwood(['peer', `127.0.0.1:${port}`, '-n', 'regtest', '--v2', '--json'])
    expect(refused.exitCode).toBe(4)
    expectInSchema(refused.lines())
    server.close()
    await once(server, 'close')
    const gone = await sapwood(['peer', `127.0.0.1:${port}`, '-n', 'regtest', '--json'])
    expect(gone.exitCode).toBe(3)
    expect(gone.lines().at(-1)).toMatchObject({ step: 'failed', code: 'dial-failed' })
    const wrong = await sapwood(['peer', target, '--json', '--no-addresses'])
    expect(wrong.exitCode).toBe(4)
    expect(wrong.lines().at(-1)).toMatchObject({ code: 'wrong-network' })
    for (const args of [
      ['peer'],
      ['peer', target, '--bad'],
      ['peer', target, '-n', 'nonet'],
      ['peer', target, '--v1', '--v2'],
      ['peer', target, '--proxy', 'nowhere:0'],
      ['peer', 'not an address'],
      ['nothing'],
    ]) {
      const { exitCode, out, err } = await sapwood(args)
      expect([args, exitCode]).toEqual([args, 2])
      expect(out).toBe('')
      expect(err).toContain('--help')
    }
  })

  it('is a command of its own, quick to start', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(version).toBe(manifest.version)
    const command = await buildCommand()
    const ran = promisify(execFile)
    const { stdout } = await ran(process.execPath, [command, '--version'])
    expect(stdout).toBe(`${version}\n`)
    const looked = await ran(process.execPath, [command, 'peer', target, '-n', 'regtest', '--no-addresses'])
    expect(looked.stdout).toContain('v2 (BIP324, encrypted)')
    const failed = await ran(process.execPath, [command, 'peer', 'x y']).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 2 })
  })
})
