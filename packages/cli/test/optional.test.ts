import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { RegtestBitcoind } from '@sapwood/integration'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createWebSocketDialer } from '@sapwood/transport-v1v2/websocket'
import { formatPeerAddress, parsePeerAddress, regtest } from '@sapwood/wire-codec'
import { afterEach, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { buildCommand } from './support/build-command.ts'
import { expectInSchema } from './support/lines-schema.ts'
import { sapwood } from './support/run-command.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('relay: takes a program over WebSockets to the peer that was named, and nowhere else', async () => {
  await using bitcoind = await RegtestBitcoind.start()
  const target = bitcoind.p2pHostAndPort
  const ending = new AbortController()
  interface Begun {
    readonly url: string
    readonly metrics: string
  }
  let tell: (begun: Begun) => void = () => undefined
  const listening = new Promise<Begun>((resolve) => {
    tell = resolve
  })
  // Options stand on both sides of the command's name.
  const relaying = sapwood(['-n', 'regtest', '--listen', '0', 'relay', target, '--json', '--metrics', '0'], {
    signal: ending.signal,
    onOut: (text) => {
      if (text.includes('"url"')) tell(JSON.parse(text) as Begun)
    },
  })
  const { url, metrics } = await listening
  const dialer = createWebSocketDialer({
    open: (address) => new WebSocket(`${url}/${encodeURIComponent(formatPeerAddress(address))}`),
  })
  const reach = (text: string) =>
    connect(parsePeerAddress(text, { defaultPort: 1 }), { dialer, network: regtest })
  const peer = createPeer(await reach(target), { network: regtest, kind: 'manual' })
  expect(await peer.handshake).toMatchObject({ userAgent: expect.stringContaining('/Satoshi:') })
  await peer.disconnect()
  await expect(reach(`127.0.0.1:${bitcoind.rpcPort}`)).rejects.toMatchObject({ code: 'dial-failed' })
  const figures = await (await fetch(metrics)).text()
  expect(figures).toMatch(/^# TYPE sapwood_relay_clients gauge$/m)
  expect(figures).toMatch(/^sapwood_relay_clients_total 1$/m)
  expect(figures).toMatch(/^sapwood_relay_refused_total{why="route"} [1-9]/m)
  expect(figures).toMatch(/^sapwood_relay_bytes_total{from="peers"} \d{3,}$/m)
  expect((await fetch(metrics, { method: 'POST' })).status).toBe(405)
  ending.abort(new Error('interrupted'))
  const { exitCode, lines } = await relaying
  // What runs until it is ended is done then.
  expect(exitCode).toBe(0)
  expectInSchema(lines())
  expect(lines()).toMatchObject([
    { type: 'relay', url, network: 'regtest', peers: [target], public: false, metrics },
    { type: 'relayed', taken: 1, unreachable: 0 },
  ])
  expect((lines()[1]!['refused'] as Record<string, number>)['route']).toBeGreaterThan(0)
})

it('relay: says what it does not understand, and that a port is taken', async () => {
  for (const args of [['relay'], ['relay', 'x y'], ['relay', '--public', '--listen', '127.0.0.1:99999']]) {
    expect([args, (await sapwood(args)).exitCode]).toEqual([args, 2])
  }
  await using bitcoind = await RegtestBitcoind.start()
  for (const option of ['--listen', '--metrics']) {
    const taken = await sapwood(['relay', '--public', option, String(bitcoind.p2pPort)])
    expect(taken).toMatchObject({ exitCode: 1, err: expect.stringContaining('EADDRINUSE') })
  }
})

/** All that is printed by the commands of other packages, which print by themselves. */
function heard(): { text: string; readonly until: (pattern: RegExp) => Promise<RegExpExecArray> } {
  const heardSoFar = { text: '' }
  let look = (): void => undefined
  for (const name of ['log', 'error'] as const) {
    vi.spyOn(console, name).mockImplementation((line: unknown) => {
      heardSoFar.text += `${String(line)}\n`
      look()
    })
  }
  const until = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      look = () => {
        const found = pattern.exec(heardSoFar.text)
        if (found !== null) resolve(found)
      }
      look()
    })
  return Object.assign(heardSoFar, { until })
}

const ANY_PORTS = ['--blocks', '2']
const portsOf = async (): Promise<readonly string[]> => {
  const { freePort } = await import('@sapwood/integration')
  return ['--port', String(await freePort()), '--rpc-port', String(await freePort())]
}

it('bitcoind: runs a real one, which can be asked, until it is interrupted', async () => {
  const ending = new AbortController()
  const said = heard()
  const running = sapwood([...(await portsOf()), 'bitcoind', ...ANY_PORTS], { signal: ending.signal })
  const [, at] = await said.until(/on (127\.0\.0\.1:\d+): regtest, height 2[\s\S]*Ctrl-C ends it/)
  const { exitCode, out } = await sapwood(['peer', at!, '-n', 'regtest', '--no-addresses', '--json'])
  expect([exitCode, out]).toEqual([0, expect.stringContaining('"startHeight":2')])
  ending.abort(new Error('interrupted'))
  expect((await running).exitCode).toBe(0)
})

it('bitcoind: one that is killed is a failure, and not an interruption', async () => {
  const said = heard()
  const running = sapwood(['bitcoind', ...ANY_PORTS, ...(await portsOf())])
  const [, cookie] = await said.until(/with the cookie (.*)\nCtrl-C ends it/)
  process.kill(Number(readFileSync(join(dirname(cookie!), 'bitcoind.pid'), 'utf8')), 'SIGKILL')
  expect((await running).exitCode).toBe(1)
  expect(said.text).toContain('bitcoind ended by itself (SIGKILL)')
})

it('bitcoind and conform: read their own options, wherever they stand, and say what is wrong', async () => {
  const said = heard()
  const expected: readonly (readonly [number, RegExp, ...string[]])[] = [
    [0, /^Usage: sapwood bitcoind \[options\]/, 'bitcoind', '--help'],
    [0, /^Usage: sapwood conform HOST:PORT/, 'conform', '-h'],
    [0, /bip31\/ping\//, '--only', 'bip31/', 'conform', '--list'],
    [2, /--port takes a number/, '--port', '70000', 'bitcoind'],
    [2, /^sapwood conform: .*takes a command after --/, 'conform', '--listen', '1', '--'],
    [3, /^sapwood conform: /, 'conform', '127.0.0.1:1', '--only', 'bip31/ping/nonce-comes'],
  ]
  for (const [code, says, ...args] of expected) {
    said.text = ''
    expect([args, (await sapwood(args)).exitCode]).toEqual([args, code])
    expect(said.text).toMatch(says)
  }
  // Where no program can be started, that is said: with what was tried, and without a stack.
  said.text = ''
  vi.stubEnv('BITCOIND', '/no/such/bitcoind')
  expect((await sapwood(['bitcoind'])).exitCode).toBe(1)
  vi.unstubAllEnvs()
  expect(said.text).toContain('/no/such/bitcoind')
  expect(said.text).not.toContain('    at ')
})

it('relay, bitcoind and conform: say what is to be installed where it is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-alone-'))
  try {
    const packages = ['@sapwood/integration', '@sapwood/conform']
    const command = await buildCommand(folder, [...packages, ...packages.map((name) => `${name}/command`)])
    for (const [args, name] of [
      [['relay', '--public'], '@sapwood/integration'],
      [['bitcoind'], '@sapwood/integration'],
      [['conform', '127.0.0.1:1'], '@sapwood/conform'],
    ] as const) {
      await expect(promisify(execFile)(process.execPath, [command, ...args])).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`npm install ${name}`),
      })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
