import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedSocks5, RegtestBitcoind, startEmbeddedSocks5 } from '@sapwood/integration'
import { createNode, createTcpListener, type NodeHandle } from '@sapwood/node'
import { SECOND, systemClock } from '@sapwood/transport-v1v2/environment'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import {
  formatPeerAddress,
  type NetworkAddress,
  parsePeerAddress,
  type PeerAddress,
  regtest,
  Services,
} from '@sapwood/wire-codec'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand } from './support/build-command.ts'

/** A machine with much else to do takes its time to start a bitcoind. */
const HOOK_TIMEOUT = 120_000
const RECORDER = new URL('support/record-network.mjs', import.meta.url).href

/** Onion services: the first knows of the others. */
const onions = Array.from({ length: 25 }, (_, index): NetworkAddress => {
  return { network: 'torv3', bytes: new Uint8Array(32).fill(index + 1), port: regtest.defaultPort }
})
const [first, ...others] = onions as [NetworkAddress, ...NetworkAddress[]]

const folder = mkdtempSync(join(tmpdir(), 'sapwood-private-'))
let command: string
let bitcoind: RegtestBitcoind
let guide: NodeHandle
let proxy: EmbeddedSocks5
let payment: string

beforeAll(async () => {
  command = await buildCommand()
  bitcoind = await RegtestBitcoind.start()
  await bitcoind.rpc('createwallet', 'payer')
  const address = await bitcoind.rpc<string>('getnewaddress')
  await bitcoind.rpc('generatetoaddress', 102, address)
  const raw = await bitcoind.rpc<string>('createrawtransaction', [], [{ [address]: 1 }])
  const { hex: funded } = await bitcoind.rpc<{ hex: string }>('fundrawtransaction', raw)
  payment = (await bitcoind.rpc<{ hex: string }>('signrawtransactionwithwallet', funded)).hex

  guide = await createNode(
    { network: regtest, connect: [] },
    { listeners: [createTcpListener({ host: '127.0.0.1', port: 0 })] },
  )
  const time = Math.floor(systemClock.wallTime() / SECOND)
  const services = Services.NETWORK | Services.WITNESS
  await guide.addresses.add(
    others.map((address) => ({ time, services, address })),
    first,
  )
  const tcp = createTcpDialer()
  const behind = (address: PeerAddress): PeerAddress =>
    parsePeerAddress(
      formatPeerAddress(address) === formatPeerAddress(first)
        ? guide.network.listening()[0]!
        : bitcoind.p2pHostAndPort,
      { defaultPort: regtest.defaultPort },
    )
  proxy = await startEmbeddedSocks5({
    dialer: { ...tcp, dial: (address, options) => tcp.dial(behind(address), options) },
  })
}, HOOK_TIMEOUT)
afterAll(async () => {
  await proxy.stop()
  await guide.stop()
  await bitcoind[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
}, HOOK_TIMEOUT)

/** Runs the command in a process of its own. @returns how it ended, and whom it turned to. */
async function send(
  name: string,
  ...args: readonly string[]
): Promise<{
  readonly exitCode: number
  readonly out: string
  readonly err: string
  readonly asked: Set<string>
}> {
  const record = join(folder, name)
  writeFileSync(record, '')
  const whole = ['--import', RECORDER, command, 'send', '-n', 'regtest', '--private', '--json', ...args]
  const env = { ...process.env, NETWORK_RECORD: record }
  const [exitCode, out, err] = await new Promise<[number, string, string]>((resolve) => {
    execFile(process.execPath, whole, { env }, (error, stdout, stderr) =>
      resolve([error === null ? 0 : (error.code as number), stdout, stderr]),
    )
  })
  return { exitCode, out, err, asked: new Set(readFileSync(record, 'utf8').trimEnd().split('\n')) }
}

it('--private hands it to onion services, each on a way of its own, and turns to nobody but the proxy', async () => {
  const socks = `127.0.0.1:${proxy.port}`
  const { exitCode, out, err, asked } = await send(
    'onion',
    '--onion',
    socks,
    '-c',
    formatPeerAddress(first),
    payment,
  )
  expect([exitCode, err]).toEqual([0, expect.stringContaining('connected to')])
  expect(out).toContain('"takenBy":1')
  const { txid } = await bitcoind.rpc<{ txid: string }>('decoderawtransaction', payment)
  expect(await bitcoind.rpc('getrawmempool')).toEqual([txid])
  expect([...asked]).toEqual([JSON.stringify({ dialled: socks })])
  const ways = proxy.connections()
  expect(ways.map(({ target }) => target)).toContain(formatPeerAddress(first))
  for (const { target } of ways) expect(target).toMatch(/^[a-z2-7]{56}\.onion:18444$/)
  expect(new Set(ways.map(({ username }) => username)).size).toBe(ways.length)
})

it('--private dials no peer of another network, and looks up no name, where they are named', async () => {
  const socks = `127.0.0.1:${proxy.port}`
  for (const peer of [bitcoind.p2pHostAndPort, `localhost:${bitcoind.p2pPort}`]) {
    const { exitCode, err, asked } = await send(
      'clear',
      '--onion',
      socks,
      '--timeout',
      '2',
      '-c',
      peer,
      payment,
    )
    expect([exitCode, err]).toEqual([2, expect.stringContaining(`does not turn to ${peer}`)])
    expect([...asked]).toEqual([''])
  }
})
