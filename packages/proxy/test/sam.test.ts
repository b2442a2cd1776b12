import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import type { ByteStream } from '@sapwood/transport-v1v2'
import { formatHost, type PeerAddress } from '@sapwood/wire-codec'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createSamDialer,
  createSamListener,
  createSamSession,
  DEFAULT_SAM_TIMEOUTS,
  type I2pInboundStream,
  type ProxyError,
  type SamSession,
} from '../src/index.ts'
import { SamConnection } from '../src/i2p/sam-connection.ts'
import { type ScriptedPeer, type ScriptedServer, scriptedServer } from './scripted-server.ts'

const never = new AbortController().signal

/**
 * A destination as a router makes them: 384 bytes of keys and a key certificate of 4; then the private part.
 */
function destination(seed: number): {
  readonly pub: string
  readonly priv: string
  readonly address: PeerAddress
} {
  const bytes = Buffer.alloc(391, seed)
  Buffer.from([5, 0, 4, 0, 7, 0, 0]).copy(bytes, 384)
  const i2pBase64 = (data: Uint8Array): string =>
    Buffer.from(data).toString('base64').replaceAll('+', '-').replaceAll('/', '~')
  const hash = createHash('sha256').update(bytes).digest()
  return {
    pub: i2pBase64(bytes),
    priv: i2pBase64(Buffer.concat([bytes, Buffer.alloc(96, 0xfb)])),
    address: { network: 'i2p', bytes: new Uint8Array(hash), port: 0 },
  }
}
const ours = destination(1)
const peer = destination(2)

/** Answers by the first two words of a command; a function may do anything. */
type Answers = Readonly<Record<string, string | ((peer: ScriptedPeer, line: string) => Promise<void> | void)>>

const USUAL: Answers = {
  'HELLO VERSION': 'HELLO REPLY RESULT=OK VERSION=3.1',
  'DEST GENERATE': `DEST REPLY PUB=${ours.pub} PRIV=${ours.priv}`,
  'SESSION CREATE': `SESSION STATUS RESULT=OK DESTINATION=${ours.priv}`,
  'NAMING LOOKUP': `NAMING REPLY RESULT=OK NAME=x VALUE=${peer.pub}`,
  'STREAM CONNECT': 'STREAM STATUS RESULT=OK',
  'STREAM ACCEPT': 'STREAM STATUS RESULT=OK',
}

const servers: ScriptedServer[] = []
const sessions: SamSession[] = []
const streams: ByteStream[] = []
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort(new Error('end of test'))
  for (const session of sessions.splice(0)) await session.close()
  for (const server of servers.splice(0)) await server.close()
})

async function bridge(
  answers: Answers = {},
): Promise<{ server: ScriptedServer; lines: string[]; sam: { host: string; port: number } }> {
  const lines: string[] = []
  const all = { ...USUAL, ...answers }
  const server = await scriptedServer(async (client) => {
    for (;;) {
      const line = await client.readLine()
      lines.push(line)
      const command = line.split(' ', 2).join(' ')
      const answer = all[command]
      if (typeof answer === 'string') client.write(`${answer}\n`)
      else await answer?.(client, line)
      // From here on the connection is the peer's.
      if (command === 'STREAM CONNECT' || command === 'STREAM ACCEPT') return
    }
  })
  servers.push(server)
  return { server, lines, sam: { host: server.host, port: server.port } }
}

async function session(answers: Answers = {}, options: { privateKey?: string } = {}) {
  const there = await bridge(answers)
  const made = await createSamSession({ sam: there.sam, ...options })
  sessions.push(made)
  return { ...there, made }
}

async function refusal(attempt: Promise<unknown>): Promise<ProxyError> {
  return await attempt.then(
    () => expect.unreachable('it was accepted'),
    (error: unknown) => error as ProxyError,
  )
}

describe('createSamSession', () => {
  it('makes a destination and a session with it', async () => {
    const { made, lines } = await session()
    expect(made.address).toEqual(ours.address)
    expect(made.privateKey()).toBe(ours.priv)
    expect(lines[0]).toBe('HELLO VERSION MIN=3.1 MAX=3.1')
    expect(lines[1]).toBe('DEST GENERATE SIGNATURE_TYPE=7')
    expect(lines[2]).toMatch(
      /^SESSION CREATE STYLE=STREAM ID=[0-9a-f]{20} DESTINATION=\S+ i2cp\.leaseSetEncType=4,0 inbound\.quantity=3 outbound\.quantity=3$/,
    )
    expect(lines[2]).toContain(`DESTINATION=${ours.priv} `)
  })

  it('shows nothing of what a bridge said that a terminal would obey', async () => {
    const { sam } = await bridge({
      'SESSION CREATE': 'SESSION STATUS RESULT=I2P\u009bERROR MESSAGE="\\033[2J\\nall is well"',
    })
    expect(await refusal(createSamSession({ sam }))).toMatchObject({
      received: 'I2P?ERROR',
      message: 'The SAM bridge refused at session: I2P?ERROR, ?[2J?all is well',
    })
  })

  it('takes a stored destination', async () => {
    const { made, lines } = await session({}, { privateKey: peer.priv })
    expect(made.address).toEqual(peer.address)
    expect(lines.some((line) => line.startsWith('DEST'))).toBe(false)
    expect(lines[1]).toContain(`DESTINATION=${peer.priv} `)
  })

  it('refuses a stored destination that is none', async () => {
    for (const privateKey of ['', 'short', 'not base64 at all', 'A'.repeat(20_000)]) {
      expect(await refusal(createSamSession({ privateKey }))).toMatchObject({ code: 'invalid-options' })
    }
  })

  it('dials a peer by its name, and gets what came with the answer', async () => {
    const { made, lines } = await session({
      'STREAM CONNECT': async (client) => {
        client.write('STREAM STATUS RESULT=OK\nhello\nthere')
        client.write(await client.read(3))
      },
    })
    const stream = await made.dialer.dial(peer.address, { signal: never })
    streams.push(stream)
    await stream.write(Uint8Array.of(1, 2, 3))
    let text = ''
    while (text.length < 14) text += Buffer.from((await stream.read())!).toString('latin1')
    expect(text).toBe('hello\nthere\x01\x02\x03')
    expect(lines).toContain(`NAMING LOOKUP NAME=${formatHost(peer.address)}`)
    expect(lines.at(-1)).toMatch(/^STREAM CONNECT ID=[0-9a-f]{20} DESTINATION=\S+ SILENT=false$/)
    expect(lines.at(-1)).toContain(peer.pub)
  })

  it('accepts, and says who connected', async () => {
    const { made } = await session({
      'STREAM ACCEPT': (client) =>
        client.write(`STREAM STATUS RESULT=OK\n${peer.pub} FROM_PORT=0 TO_PORT=0\nversion`),
    })
    const { stream, remote } = await made.accept({ signal: never })
    streams.push(stream)
    expect(remote).toEqual(peer.address)
    expect(Buffer.from((await stream.read())!).toString()).toBe('version')
  })

  it('ends an accept with its signal', async () => {
    const { made, server } = await session()
    const controller = new AbortController()
    const reason = new Error('enough')
    const accepting = made.accept({ signal: controller.signal })
    await expect.poll(() => server.connections).toBe(2)
    controller.abort(reason)
    await expect(accepting).rejects.toBe(reason)
    await expect.poll(() => server.open).toBe(1)
  })

  it('leaves no session open when its signal ends the wait for it', async () => {
    let asked = false
    const { sam, server } = await bridge({
      'SESSION CREATE': () => {
        asked = true
      },
    })
    const controller = new AbortController()
    const reason = new Error('enough')
    const making = createSamSession({ sam }, {}, { signal: controller.signal })
    await expect.poll(() => asked).toBe(true)
    controller.abort(reason)
    await expect(making).rejects.toBe(reason)
    await expect.poll(() => server.open).toBe(0)
  })

  it('holds on to nothing of a connection that it has given out', async () => {
    const controls: ScriptedPeer[] = []
    const { made } = await session({
      'SESSION CREATE': (client) => {
        controls.push(client)
        client.write(`SESSION STATUS RESULT=OK DESTINATION=${ours.priv}\n`)
      },
      'STREAM ACCEPT': (client) => client.write(`STREAM STATUS RESULT=OK\n${peer.pub}\n`),
    })
    streams.push((await made.accept({ signal: never })).stream)
    const close = vi.spyOn(SamConnection.prototype, 'close')
    controls[0]!.reset()
    await expect.poll(() => made.lookup('peer.i2p', { signal: never })).toEqual(peer.address)
    streams.push((await made.accept({ signal: never })).stream)
    // Once for each look-up, whose connection ends with it; never for the one that has become a stream.
    expect(close.mock.contexts.length).toBe(1)
    close.mockRestore()
  })

  it('does not gather what a bridge sends on the control socket of a session', async () => {
    const stopped = vi.spyOn(SamConnection.prototype, 'stopReading')
    await session({
      'SESSION CREATE': async (client) => {
        client.write(`SESSION STATUS RESULT=OK DESTINATION=${ours.priv}\n`)
        for (let index = 0; index < 5; index++) {
          await new Promise((resolve) => setImmediate(resolve))
          client.write('noise\n'.repeat(1_000))
        }
      },
    })
    const control = stopped.mock.contexts[0] as SamConnection
    stopped.mockRestore()
    await expect(control.readLine('session', 50, never)).rejects.toMatchObject({ code: 'timeout' })
  })

  it('looks a name up', async () => {
    const { made } = await session()
    expect(await made.lookup('peer.i2p', { signal: never })).toEqual(peer.address)
    expect(await refusal(made.lookup('a b', { signal: never }))).toMatchObject({ code: 'invalid-address' })
  })

  it('is remade with the same destination when its control socket has died', async () => {
    const controls: ScriptedPeer[] = []
    const { made, lines } = await session({
      'SESSION CREATE': (client) => {
        controls.push(client)
        client.write(`SESSION STATUS RESULT=OK DESTINATION=${ours.priv}\n`)
      },
    })
    const accepting = refusal(made.accept({ signal: never }))
    await expect.poll(() => lines.filter((line) => line.startsWith('STREAM ACCEPT')).length).toBe(1)
    controls[0]!.reset()
    expect(await accepting).toMatchObject({ code: 'closed' })
    streams.push(await made.dialer.dial(peer.address, { signal: never }))
    expect(controls.length).toBe(2)
    expect(made.address).toEqual(ours.address)
    expect(lines.filter((line) => line.startsWith('DEST')).length).toBe(1)
  })

  it('is remade where the logger that is told of its end throws', async () => {
    const reached: unknown[] = []
    const onReached = (error: unknown): void => void reached.push(error)
    process.on('uncaughtException', onReached)
    try {
      const controls: ScriptedPeer[] = []
      const there = await bridge({
        'SESSION CREATE': (client) => {
          controls.push(client)
          client.write(`SESSION STATUS RESULT=OK DESTINATION=${ours.priv}\n`)
        },
      })
      const warned = vi.fn(() => {
        throw new Error('the program’s own')
      })
      const logger = { debug: warned, info: warned, warn: warned, error: warned }
      const made = await createSamSession({ sam: there.sam }, { logger })
      sessions.push(made)
      controls[0]!.reset()
      await expect.poll(() => warned.mock.calls.length).toBe(2)
      streams.push(await made.dialer.dial(peer.address, { signal: never }))
      expect(controls).toHaveLength(2)
      expect(reached).toEqual([])
    } finally {
      process.off('uncaughtException', onReached)
    }
  })

  it('is remade when the bridge does not know it any more', async () => {
    let known = false
    const { made, lines } = await session({
      'STREAM CONNECT': (client) => {
        client.write(`STREAM STATUS RESULT=${known ? 'OK' : 'INVALID_ID'}\n`)
        known = true
      },
    })
    expect(await refusal(made.dialer.dial(peer.address, { signal: never }))).toMatchObject({
      code: 'sam-refused',
      received: 'INVALID_ID',
      retry: 'later',
    })
    streams.push(await made.dialer.dial(peer.address, { signal: never }))
    expect(lines.filter((line) => line.startsWith('SESSION CREATE')).length).toBe(2)
  })

  it('closes everything, and works no more', async () => {
    const { made, server } = await session()
    const accepting = refusal(made.accept({ signal: never }))
    await expect.poll(() => server.connections).toBe(2)
    await made.close()
    expect(await accepting).toMatchObject({ code: 'closed' })
    await expect.poll(() => server.open).toBe(0)
    expect(await refusal(made.dialer.dial(peer.address, { signal: never }))).toMatchObject({ code: 'closed' })
  })
})

describe('createSamListener', () => {
  it('gives one connection after the other, and pauses while the session cannot be had', async () => {
    let accepts = 0
    const { made, server } = await session({
      'STREAM ACCEPT': async (client) => {
        accepts += 1
        if (accepts === 2) client.reset()
        else if (accepts < 4) client.write(`STREAM STATUS RESULT=OK\n${peer.pub}\nhi`)
        await client.gone
      },
    })
    const clock = createVirtualClock()
    const seen: I2pInboundStream[] = []
    const listening = await createSamListener(made, { clock }).listen((inbound) => seen.push(inbound), {
      signal: never,
    })
    expect(listening.address).toContain('.b32.i2p')
    await expect.poll(() => clock.pendingTimers).toBe(1)
    expect(seen).toMatchObject([{ address: peer.address, via: 'i2p', localAddress: listening.address }])
    await clock.advance(1_000)
    await expect.poll(() => [seen.length, accepts]).toEqual([2, 4])
    await listening.close()
    for (const { stream } of seen) stream.abort(new Error('seen'))
    await expect.poll(() => server.open).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('createSamDialer', () => {
  it('gives each connection a transient session, which ends with it', async () => {
    const { sam, lines, server } = await bridge()
    const dialer = createSamDialer({ sam })
    const stream = await dialer.dial(peer.address, { signal: never })
    streams.push(await dialer.dial(peer.address, { signal: never }))
    const created = lines.filter((line) => line.startsWith('SESSION CREATE'))
    expect(new Set(created.map((line) => /ID=(\S+)/.exec(line)?.[1])).size).toBe(2)
    expect(created[0]).toContain('inbound.quantity=1 outbound.quantity=1')
    expect(server.open).toBe(4)
    stream.abort(new Error('done'))
    await expect.poll(() => server.open).toBe(2)
  })

  it('refuses what is not on I2P, and ports', async () => {
    const dialer = createSamDialer()
    const addresses: readonly PeerAddress[] = [
      { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 1 },
      { network: 'name', host: 'example.org', port: 0 },
      { ...peer.address, port: 8333 },
    ]
    for (const address of addresses) {
      expect(await refusal(dialer.dial(address, { signal: never }))).toMatchObject({
        code: 'invalid-address',
        retry: 'no',
      })
    }
  })
})

describe('what a bridge may answer', () => {
  it.each([
    [
      'STREAM CONNECT',
      'STREAM STATUS RESULT=CANT_REACH_PEER MESSAGE="no lease set"',
      'i2p-peer-unreachable',
      'stream',
    ],
    ['STREAM CONNECT', 'STREAM STATUS RESULT=TIMEOUT', 'i2p-timeout', 'stream'],
    ['STREAM CONNECT', 'STREAM STATUS RESULT=INVALID_KEY', 'i2p-invalid-key', 'stream'],
    ['STREAM CONNECT', 'STREAM STATUS RESULT=I2P_ERROR', 'sam-refused', 'stream'],
    ['NAMING LOOKUP', 'NAMING REPLY RESULT=KEY_NOT_FOUND NAME=x', 'i2p-key-not-found', 'naming'],
    ['NAMING LOOKUP', 'NAMING REPLY RESULT=OK NAME=x', 'protocol-violation', 'session'],
    ['NAMING LOOKUP', 'NAMING REPLY RESULT=OK NAME=x VALUE=AAAA ID=other', 'protocol-violation', 'session'],
    ['SESSION CREATE', 'SESSION STATUS RESULT=DUPLICATED_DEST', 'i2p-duplicated-destination', 'session'],
    ['DEST GENERATE', 'DEST REPLY PUB=x', 'protocol-violation', 'session'],
    ['HELLO VERSION', 'HELLO REPLY RESULT=NOVERSION', 'sam-refused', 'hello'],
    ['HELLO VERSION', 'HTTP/1.1 400 Bad Request', 'protocol-violation', 'hello'],
    ['HELLO VERSION', 'HELLO REPLYRESULT=OK', 'protocol-violation', 'hello'],
    ['STREAM CONNECT', 'SESSION STATUS RESULT=OK', 'protocol-violation', 'stream'],
  ])('%s: %s', async (command, answer, code, step) => {
    const { sam, server } = await bridge({ [command]: answer })
    const error = await refusal(createSamDialer({ sam }).dial(peer.address, { signal: never }))
    expect(error).toMatchObject({ name: 'ProxyError', code, step })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(ours.priv.slice(-64))
    await expect.poll(() => server.open).toBe(0)
  })

  it('refuses a line without an end', async () => {
    const { sam } = await bridge({ 'HELLO VERSION': (client) => client.write('x'.repeat(70_000)) })
    expect(await refusal(createSamDialer({ sam }).dial(peer.address, { signal: never }))).toMatchObject({
      code: 'protocol-violation',
      limit: 65_536,
    })
  })

  const steps = [
    ['HELLO VERSION', 'hello', 'hello'],
    ['DEST GENERATE', 'session', 'hello'],
    ['SESSION CREATE', 'session', 'session'],
    ['NAMING LOOKUP', 'naming', 'naming'],
    ['STREAM CONNECT', 'stream', 'stream'],
  ] as const

  it.each(steps)('silence at %s ends at its deadline', async (command, step, limitName) => {
    const clock = createVirtualClock()
    let heard = (): void => undefined
    const silent = new Promise<void>((resolve) => {
      heard = resolve
    })
    const { sam, server } = await bridge({
      [command]: async (client) => {
        heard()
        await client.gone
      },
    })
    const attempt = refusal(createSamDialer({ sam }, { clock }).dial(peer.address, { signal: never }))
    await silent
    await clock.advance(DEFAULT_SAM_TIMEOUTS[limitName])
    expect(await attempt).toMatchObject({ code: 'timeout', step, limit: DEFAULT_SAM_TIMEOUTS[limitName] })
    expect(clock.pendingTimers).toBe(0)
    await expect.poll(() => server.open).toBe(0)
  })

  it.each(steps)('a reset at %s', async (command, step) => {
    const { sam, server } = await bridge({ [command]: (client) => client.reset() })
    expect(await refusal(createSamDialer({ sam }).dial(peer.address, { signal: never }))).toMatchObject({
      code: 'closed',
      step,
    })
    await expect.poll(() => server.open).toBe(0)
  })
})
