import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultyRelay, freePort, RegtestBitcoind, startRegtestPeer } from '@sapwood/integration'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { bytesToHex, encodePayload, type Message } from '@sapwood/wire-codec'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { frameOf } from '../src/cases/v1-frame.ts'
import { conform } from '../src/cli/conform.ts'
import {
  type DiallingCase,
  diallingCases,
  listeningCases,
  type Report,
  runDialling,
  runListening,
} from '../src/index.ts'

let folder = ''
const said: string[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-cut-'))
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((text: string) => void said.push(text))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const NO_ADDRESS = { services: 0n, ip: new Uint8Array(16), port: 0 }
const VERSION: Message = {
  type: 'version',
  version: 70_016,
  services: 0n,
  time: 1_700_000_000,
  receiver: NO_ADDRESS,
  sender: NO_ADDRESS,
  nonce: 7n,
  userAgent: '/raw:1/',
  startHeight: 0,
  relay: false,
}

const named = (pattern: RegExp) => listeningCases.filter(({ name }) => pattern.test(name))

/** A server that hangs up on everybody when it is let go. */
async function listening(onSocket: (socket: Socket) => void): Promise<AsyncDisposable & { place: string }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    place: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('a run that is interrupted', () => {
  it('has the cases before in its reports, gives the target back, and ends with 130', async () => {
    await using peer = await startRegtestPeer()
    const interruption = new AbortController()
    const driver = join(folder, 'driver.mjs')
    const record = join(folder, 'closed')
    await writeFile(
      driver,
      `import { writeFileSync } from 'node:fs'
       export default { mine: async () => [], close: async () => writeFileSync(${JSON.stringify(record)}, '') }`,
    )
    const files = ['json', 'junit', 'tap', 'html'].flatMap((kind) => [`--${kind}`, join(folder, kind)])
    vi.spyOn(console, 'log').mockImplementation((line: string) => {
      if (line.includes('bip31/ping/nonce-zero')) interruption.abort()
    })
    const args = [`127.0.0.1:${peer.port}`, '--only', 'bip31/ping/', '--wait', '20000', '--driver', driver]
    expect(await conform([...args, ...files], interruption.signal)).toBe(130)
    const text = async (kind: string): Promise<string> => await readFile(join(folder, kind), 'utf8')
    const { results, unfinished } = JSON.parse(await text('json')) as Report
    expect(unfinished).toBe('it was interrupted')
    expect(results.map(({ name }) => name)).toEqual([
      'bip31/ping/nonce-comes-back',
      'bip31/ping/nonce-zero-comes-back',
    ])
    expect(await text('tap')).toMatch(/^1\.\.2\n[\s\S]*\nBail out! it was interrupted\n$/m)
    expect(await text('junit')).toMatch(/tests="3" errors="1"[\s\S]*<error message="it was interrupted"\/>/)
    expect(await text('html')).toContain('not all was run: it was interrupted')
    await readFile(record)
  })

  it('before its first case has no report, and leaves no empty one behind', async () => {
    const interruption = new AbortController()
    await using server = await listening(() => interruption.abort())
    const json = join(folder, 'none.json')
    expect(await conform([server.place, '--json', json], interruption.signal)).toBe(130)
    expect(said.at(-1)).toContain('interrupted before the first case')
    await expect(readFile(json)).rejects.toThrow(/ENOENT/)
  })

  it('ends the program that dials', async () => {
    const port = await freePort()
    const interruption = new AbortController()
    const pid = join(folder, 'pid')
    const program = `require('fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); setInterval(() => 0, 1e6)`
    const command = [process.execPath, '-e', program]
    const run = runDialling(diallingCases, { port, command, signal: interruption.signal })
    await vi.waitFor(async () => expect(await readFile(pid, 'utf8')).not.toBe(''), { timeout: 60_000 })
    interruption.abort()
    await expect(run).rejects.toThrow(/abort/)
    const ended = Number(await readFile(pid, 'utf8'))
    expect(() => process.kill(ended, 0)).toThrow(/ESRCH/)
  })
})

describe('a target that goes away', () => {
  it('ends the run with a report of what was run, and exit code 3', async () => {
    await using peer = await startRegtestPeer()
    const target = await FaultyRelay.start(peer.port)
    const json = join(folder, 'gone.json')
    let seen = 0
    vi.spyOn(console, 'log').mockImplementation(() => {
      seen += 1
      if (seen === 3) void target.stop()
    })
    const args = [target.hostAndPort, '--only', 'bip31/ping/', '--wait', '20000', '--json', json]
    expect(await conform(args)).toBe(3)
    const { results, unfinished } = JSON.parse(await readFile(json, 'utf8')) as Report
    expect(unfinished).toMatch(/^the target takes no connections since bip31\/ping\//)
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'passed', 'failed'])
  })

  it('is not one that hangs up: that fails its case, and no other', async () => {
    await using peer = await startRegtestPeer()
    await using target = await FaultyRelay.start(peer.port)
    const { results, unfinished } = await runListening(named(/^bip31\/ping\/nonce/), {
      address: target.hostAndPort,
      transports: ['v1'],
      wait: 20_000,
      onResult: ({ verdict }) => {
        if (verdict === 'passed') target.next.push({ toDialler: { strikeAfter: { bytes: 0, how: 'end' } } })
      },
    })
    expect(unfinished).toBeUndefined()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'failed', 'passed'])
  })
})

/** A version and a verack, in v1, as text in hex. */
const HELLO = [VERSION, { type: 'verack' } as const]
  .map((message) => {
    const { command, payload } = encodePayload(message)
    return bytesToHex(frameOf(command, payload))
  })
  .join('')

it.each([
  ['is killed', "process.kill(process.pid, 'SIGKILL')", 'program ended'],
  ['throws', "throw new Error('what is this?')", 'program ended'],
  ['hangs up first', 'socket.destroy(); setTimeout(() => process.exit(1), 50)', 'program ended'],
  ['hangs up and goes on', 'socket.destroy()', 'closed'],
  ['hangs up and ends well', 'socket.destroy(); setTimeout(() => process.exit(0), 50)', 'closed'],
])('a program that falls over what it is sent has not survived it: one that %s', async (_, act, outcome) => {
  const port = await freePort()
  const program = `
    const socket = require('net').connect(${port}, '127.0.0.1').on('error', () => 0)
    socket.write(Buffer.from('${HELLO}', 'hex'))
    socket.on('data', (bytes) => { if (bytes.includes('inv')) { ${act} } })
    setInterval(() => 0, 1e6)`
  const { results } = await runDialling(
    diallingCases.filter(({ name }) => name === 'dials/survives/inv-50001'),
    { port, command: [process.execPath, '-e', program], transports: ['v1'], wait: 20_000 },
  )
  const verdict = outcome === 'closed' ? 'passed' : 'failed'
  expect(results.map((result) => [result.verdict, result.outcome])).toEqual([[verdict, outcome]])
})

it('a program that ends in the place of dialling fails that case, at once, and no other', async () => {
  const port = await freePort()
  const starts = join(folder, 'starts')
  // Met at its first start, it fails at the second, and dials again from then on.
  const program = `
    const fs = require('fs')
    fs.appendFileSync(${JSON.stringify(starts)}, '.')
    if (fs.statSync(${JSON.stringify(starts)}).size === 2) { console.error('out of coal'); process.exit(9) }
    const socket = require('net').connect(${port}, '127.0.0.1').on('error', () => 0).resume()
    socket.write(Buffer.from('${HELLO}', 'hex'))
    setInterval(() => 0, 1e6)`
  const one: DiallingCase = {
    ...diallingCases.find(({ name }) => name === 'dials/handshake/comes-about')!,
    accepts: ['v1'],
    run: async (stage) => (await stage.accept()).transport,
  }
  const { results } = await runDialling([one, { ...one, name: 'dials/again' }], {
    port,
    command: [process.execPath, '-e', program],
    transports: ['v1'],
    wait: 20_000,
  })
  expect(results.map(({ verdict, outcome }) => [verdict, outcome])).toEqual([
    ['failed', 'program ended'],
    ['passed', 'v1'],
  ])
  expect(results[0]!.reason).toMatch(/ended with exit code 9 before it dialled: out of coal/)
})

it('a block that is lost right behind a handshake is given again', async () => {
  await using bitcoind = await RegtestBitcoind.start()
  await using target = await FaultyRelay.start(bitcoind.p2pAddress)
  const { results } = await runListening([...named(/^block\/known/), ...named(/^block\/unasked/)], {
    address: target.hostAndPort,
    transports: ['v1'],
    wait: 20_000,
    onResult: () => (target.faults = { toTarget: { messages: { drop: { command: 'block', nth: 1 } } } }),
  })
  expect(results.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['block/known', 'passed'],
    ['block/unasked-with-more-work-taken', 'passed'],
  ])
})

it('opens no connection sooner after another than it was told to', async () => {
  const opened: number[] = []
  await using server = await listening((socket) => {
    opened.push(systemClock.now())
    socket.destroy()
  })
  await expect(runListening(named(/^inv\//), { address: server.place, pace: 120 })).rejects.toThrow()
  expect(opened.length).toBe(2)
  expect(opened[1]! - opened[0]!).toBeGreaterThan(100)
})
