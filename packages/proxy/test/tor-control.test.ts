import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { formatPeerAddress } from '@sapwood/wire-codec'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createTorControl,
  parseTorEventFields,
  type ProxyError,
  type TorControl,
  type TorControlOptions,
} from '../src/index.ts'
import { createControlReplyParser } from '../src/tor/control-reply.ts'
import { type ScriptedPeer, type ScriptedServer, scriptedServer } from './scripted-server.ts'

const SERVICE = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd'
const KEY = `ED25519-V3:${'A'.repeat(86)}==`
const PASSWORD = 'pass "word\\'
const cookie = Buffer.alloc(32, 0xc0)
let folder = ''
let cookieFile = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tor-control-'))
  cookieFile = join(folder, 'cookie "1"')
  await writeFile(cookieFile, cookie)
})
afterAll(() => rm(folder, { recursive: true }))

const boom = (): never => {
  throw new Error('the program’s own')
}
const rejecting = (): Promise<never> => Promise.reject(new Error('the program’s own'))

const servers: ScriptedServer[] = []
const controls: TorControl[] = []
afterEach(async () => {
  for (const control of controls.splice(0)) await control.close()
  for (const server of servers.splice(0)) await server.close()
})

type Answer = (peer: ScriptedPeer, line: string) => Promise<void> | void
interface Script {
  readonly methods?: string
  readonly answers?: Readonly<Record<string, Answer>>
}

/** A control port that lets in whoever proves to know the password or the cookie. */
async function controlPort({ methods = 'COOKIE,SAFECOOKIE,HASHEDPASSWORD', answers = {} }: Script = {}) {
  const lines: string[] = []
  const peers: ScriptedPeer[] = []
  const server = await scriptedServer(async (peer) => {
    peers.push(peer)
    let proof = ''
    for (;;) {
      const line = await peer.readLine()
      lines.push(line)
      const [command = '', ...words] = line.split(' ')
      const answer = answers[command]
      if (answer !== undefined) await answer(peer, line)
      else if (command === 'PROTOCOLINFO') {
        const file = ` COOKIEFILE="${cookieFile.replace(/["\\]/g, '\\$&')}"`
        peer.write('250-PROTOCOLINFO 1\r\n')
        peer.write(`250-AUTH METHODS=${methods}${methods.includes('COOKIE') ? file : ''}\r\n`)
        peer.write('250-VERSION Tor="0.4.9.11"\r\n250 OK\r\n')
      } else if (command === 'AUTHCHALLENGE') {
        const nonce = Buffer.alloc(32, 0x55)
        const hash = (key: string): string =>
          createHmac('sha256', key)
            .update(cookie)
            .update(Buffer.from(words[1]!, 'hex'))
            .update(nonce)
            .digest('hex')
        proof = hash('Tor safe cookie authentication controller-to-server hash')
        const serverHash = hash('Tor safe cookie authentication server-to-controller hash').toUpperCase()
        peer.write(`250 AUTHCHALLENGE SERVERHASH=${serverHash} SERVERNONCE=${nonce.toString('hex')}\r\n`)
      } else if (command === 'AUTHENTICATE') {
        const good = ['"pass \\"word\\\\"', cookie.toString('hex'), ...(proof === '' ? [] : [proof])]
        const open = methods.includes('NULL') && words.length === 0
        peer.write(open || good.includes(words.join(' ')) ? '250 OK\r\n' : '515 Authentication failed\r\n')
      } else if (command === 'ADD_ONION') {
        const key = words[0] === 'NEW:ED25519-V3' ? `250-PrivateKey=${KEY}\r\n` : ''
        peer.write(`250-ServiceID=${SERVICE}\r\n${key}250 OK\r\n`)
      } else peer.write('250 OK\r\n')
    }
  })
  servers.push(server)
  return { server, lines, peers, control: { host: server.host, port: server.port } }
}

async function open(options: TorControlOptions): Promise<TorControl> {
  const control = await createTorControl(options)
  controls.push(control)
  return control
}

async function refusal(attempt: Promise<unknown>): Promise<ProxyError> {
  return await attempt.then(
    () => expect.unreachable('it worked'),
    (error: unknown) => error as ProxyError,
  )
}

describe('authentication', () => {
  it.each<[string, string, Partial<TorControlOptions>, string]>([
    ['nothing where Tor asks nothing', 'NULL', {}, 'none'],
    ['the cookie without showing it', 'COOKIE,SAFECOOKIE', {}, 'safe-cookie'],
    ['the cookie as it is, when asked to', 'COOKIE,SAFECOOKIE', { authentication: 'cookie' }, 'cookie'],
    ['the password', 'COOKIE,SAFECOOKIE,HASHEDPASSWORD', { password: PASSWORD }, 'password'],
  ])('gives %s', async (_, methods, options, method) => {
    const { control } = await controlPort({ methods })
    expect(await open({ control, ...options })).toMatchObject({
      authentication: method,
      version: '0.4.9.11',
      connected: true,
    })
  })

  it('says that a password is wrong, without saying it', async () => {
    const { control, server } = await controlPort()
    const error = await refusal(createTorControl({ control, password: 'hunter2hunter2' }))
    expect(error).toMatchObject({ code: 'authentication-failed', reply: 515, retry: 'no' })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('hunter2hunter2')
    await expect.poll(() => server.open).toBe(0)
  })

  it('never shows the cookie to a port that only offers to take it', async () => {
    const { control, lines } = await controlPort({ methods: 'COOKIE' })
    expect(await refusal(createTorControl({ control }))).toMatchObject({
      code: 'authentication-failed',
      received: 'COOKIE',
    })
    expect(lines).toEqual(['PROTOCOLINFO 1'])
  })

  it('gives no proof to a port that does not know the cookie', async () => {
    const { control, lines } = await controlPort({
      answers: {
        AUTHCHALLENGE: (peer) =>
          peer.write(`250 AUTHCHALLENGE SERVERHASH=${'0'.repeat(64)} SERVERNONCE=${'1'.repeat(64)}\r\n`),
      },
    })
    expect(await refusal(createTorControl({ control }))).toMatchObject({ code: 'authentication-failed' })
    expect(lines.some((line) => line.startsWith('AUTHENTICATE'))).toBe(false)
  })

  it('reads no device, no folder and no pipe, and waits for none of them', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const { control } = await controlPort()
    for (const path of ['/dev/zero', folder, pipe]) {
      const error = await refusal(createTorControl({ control, cookieFile: path }))
      expect(error).toMatchObject({ code: 'authentication-failed' })
    }
  })

  it('sends no file that is not a cookie, and says when there is none', async () => {
    const { control } = await controlPort()
    const long = join(folder, 'long')
    await writeFile(long, Buffer.alloc(33))
    expect(await refusal(createTorControl({ control, cookieFile: long }))).toMatchObject({
      code: 'authentication-failed',
      received: 33,
    })
    const missing = await refusal(createTorControl({ control, cookieFile: join(folder, 'missing') }))
    expect(missing.cause).toMatchObject({ code: 'ENOENT' })
  })
})

describe('onion services', () => {
  const target = { host: '127.0.0.1', port: 18444 }

  it('asks for proof of work, and gives the address and its key', async () => {
    const { control, lines } = await controlPort()
    const tor = await open({ control })
    const service = await tor.addOnion({ port: 8333, target })
    expect(formatPeerAddress(service.address)).toBe(`${SERVICE}.onion:8333`)
    expect(service.privateKey()).toBe(KEY)
    expect(service.proofOfWork).toBe(true)
    expect(inspect(service)).not.toContain('AAAA')
    expect(lines.at(-1)).toBe('ADD_ONION NEW:ED25519-V3 Port=8333,127.0.0.1:18444 PoWDefensesEnabled=1')
    await service.remove()
    expect(lines.at(-1)).toBe(`DEL_ONION ${SERVICE}`)
  })

  it('goes without proof of work where Tor does not know it', async () => {
    const { control, lines } = await controlPort({
      answers: {
        ADD_ONION: (peer, line) =>
          peer.write(
            line.includes('PoW')
              ? "512 Invalid 'PoWDefensesEnabled' argument\r\n"
              : `250-ServiceID=${SERVICE}\r\n250 OK\r\n`,
          ),
      },
    })
    const tor = await open({ control })
    const service = await tor.addOnion({ port: 8333, target: { path: '/run/node' }, privateKey: KEY })
    expect(service).toMatchObject({ proofOfWork: false, serviceId: SERVICE })
    expect(lines.at(-1)).toBe(`ADD_ONION ${KEY} Port=8333,unix:/run/node`)
  })

  it('says what Tor refused', async () => {
    const { control } = await controlPort({
      answers: { ADD_ONION: (peer) => peer.write('550 Onion address collision\r\n') },
    })
    const tor = await open({ control })
    expect(await refusal(tor.addOnion({ port: 8333, target }))).toMatchObject({
      code: 'control-refused',
      reply: 550,
      received: 'Onion address collision',
    })
  })

  it('shows nothing of what Tor said that a terminal would obey, and not more than a line of it', async () => {
    const { control } = await controlPort({
      answers: { ADD_ONION: (peer) => peer.write(`550 \u001b[2J\u0000${'x'.repeat(50_000)}\r\n`) },
    })
    const tor = await open({ control })
    const { message, received } = await refusal(tor.addOnion({ port: 8333, target }))
    expect(received).toMatch(/^\?\[2J\?x{195}…$/)
    expect(message).toBe(`Tor refused ADD_ONION: 550 ${received}`)
  })

  it.each([
    ['an id that is none', `250-ServiceID=${SERVICE.slice(1)}b\r\n250-PrivateKey=${KEY}\r\n250 OK\r\n`],
    ['no id', '250 OK\r\n'],
    ['no key', `250-ServiceID=${SERVICE}\r\n250 OK\r\n`],
  ])('refuses a reply with %s', async (_, reply) => {
    const { control } = await controlPort({ answers: { ADD_ONION: (peer) => peer.write(reply) } })
    const tor = await open({ control })
    expect(await refusal(tor.addOnion({ port: 8333, target }))).toMatchObject({ code: 'protocol-violation' })
  })

  it.each([
    { port: 0, target },
    { port: 8333, target: { host: '127.0.0.1', port: 70_000 } },
    { port: 8333, target: { host: '127.0.0.1 Flags=Detach', port: 1 } },
    { port: 8333, target, privateKey: 'RSA1024:AAAA' },
    { port: 8333, target, privateKey: `${KEY}\r\nSIGNAL HALT` },
  ])('refuses options that make no command: %j', async (options) => {
    const { control, lines } = await controlPort()
    const tor = await open({ control })
    const before = lines.length
    expect(await refusal(tor.addOnion(options))).toMatchObject({ code: 'invalid-options' })
    expect(lines.length).toBe(before)
  })

  it('makes events and services again after a reconnect, waiting longer each time', async () => {
    const clock = createVirtualClock()
    const states: boolean[] = []
    const events: string[] = []
    let up = true
    const { control, lines, peers } = await controlPort({
      answers: {
        PROTOCOLINFO: (peer) => {
          if (up)
            peer.write('250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250-VERSION Tor="9"\r\n250 OK\r\n')
          else peer.reset()
        },
        AUTHENTICATE: (peer) => peer.write('250 OK\r\n'),
      },
    })
    const tor = await createTorControl(
      {
        control,
        events: ['STREAM', 'CIRC'],
        onEvent: (event) => void events.push(event),
        onConnected: (connected) => void states.push(connected),
      },
      { clock },
    )
    controls.push(tor)
    const service = await tor.addOnion({ port: 8333, target })
    up = false
    peers[0]!.write('650 STREAM 5 NEW 0 a.onion:1 SOCKS_USERNAME="us er"\r\n')
    await expect.poll(() => events.length).toBe(1)
    expect(parseTorEventFields(events[0]!).get('SOCKS_USERNAME')).toBe('us er')
    peers[0]!.reset()
    await expect.poll(() => states).toEqual([true, false])
    expect(await refusal(tor.getInfo('version'))).toMatchObject({ code: 'closed' })
    for (const [index, delay] of [1000, 1500].entries()) {
      await expect.poll(() => clock.pendingTimers).toBe(1)
      await clock.advance(delay)
      await expect.poll(() => lines.filter((line) => line.startsWith('PROTOCOLINFO')).length).toBe(index + 2)
    }
    up = true
    await expect.poll(() => clock.pendingTimers).toBe(1)
    await clock.advance(2250)
    await expect.poll(() => states).toEqual([true, false, true])
    expect(lines.slice(-3)).toEqual([
      'AUTHENTICATE',
      'SETEVENTS STREAM CIRC',
      `ADD_ONION ${service.privateKey()} Port=8333,127.0.0.1:18444 PoWDefensesEnabled=1`,
    ])
    await tor.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes a service down that is removed while it is being made again', async () => {
    const clock = createVirtualClock()
    const states: boolean[] = []
    let answer = (): void => undefined
    const { control, lines, peers } = await controlPort({
      methods: 'NULL',
      answers: {
        ADD_ONION: async (peer, line) => {
          if (!line.includes('NEW:')) await new Promise<void>((resolve) => (answer = resolve))
          peer.write(`250-ServiceID=${SERVICE}\r\n`)
          if (line.includes('NEW:')) peer.write(`250-PrivateKey=${KEY}\r\n`)
          peer.write('250 OK\r\n')
        },
        DEL_ONION: (peer) => peer.write('250 OK\r\n'),
      },
    })
    const tor = await createTorControl(
      { control, onConnected: (connected) => void states.push(connected) },
      { clock },
    )
    controls.push(tor)
    const service = await tor.addOnion({ port: 8333, target })
    peers[0]!.reset()
    await expect.poll(() => clock.pendingTimers).toBe(1)
    await clock.advance(1_000)
    await expect.poll(() => lines.filter((line) => line.startsWith('ADD_ONION')).length).toBe(2)
    await service.remove()
    answer()
    await expect.poll(() => states).toEqual([true, false, true])
    expect(lines.at(-1)).toBe(`DEL_ONION ${SERVICE}`)
  })

  it.each([
    ['throws', boom],
    ['rejects', rejecting],
  ])('are not for a program to lose that %s at what it is told', async (_, fail) => {
    const { control, peers, lines } = await controlPort()
    const clock = createVirtualClock()
    const reached: unknown[] = []
    const onReached = (error: unknown): void => void reached.push(error)
    process.on('unhandledRejection', onReached)
    process.on('uncaughtException', onReached)
    try {
      const told: string[] = []
      const tell = (what: unknown): unknown => {
        told.push(String(what))
        return fail()
      }
      // One whose methods are async, which the type does not keep from being given.
      const failing = { debug: fail, info: fail, warn: fail, error: fail } as unknown as Logger
      const tor = await createTorControl(
        { control, events: ['STREAM'], onEvent: tell, onConnected: tell },
        { clock, logger: failing },
      )
      controls.push(tor)
      peers[0]!.write('650 STREAM 5 NEW 0 a.onion:1\r\n')
      await expect.poll(() => told.length).toBe(2)
      expect(await tor.command('SIGNAL NEWNYM')).toEqual(['OK'])
      peers[0]!.reset()
      await expect.poll(() => told.at(-1)).toBe('false')
      await expect.poll(() => clock.pendingTimers).toBe(1)
      await clock.advance(1_000)
      await expect.poll(() => told.at(-1)).toBe('true')
      expect(tor.connected).toBe(true)
      expect(lines.filter((line) => line.startsWith('PROTOCOLINFO'))).toHaveLength(2)
      await new Promise((resolve) => setImmediate(resolve))
      expect(reached).toEqual([])
    } finally {
      process.off('unhandledRejection', onReached)
      process.off('uncaughtException', onReached)
    }
  })
})

describe('replies', () => {
  it('reads values of one line and of many', async () => {
    const { control } = await controlPort({
      answers: {
        GETINFO: (peer, line) =>
          peer.write(
            line.endsWith('version')
              ? '250-version=0.4.9.11\r\n250 OK\r\n'
              : line.endsWith('socks')
                ? '250-net/listeners/socks="127.0.0.1:9050" "[::1]:9051" "unix:/run/tor/socks"\r\n250 OK\r\n'
                : '250+circuit-status=\r\n1 BUILT\r\n..2 BUILT\r\n.\r\n250 OK\r\n',
          ),
      },
    })
    const tor = await open({ control })
    expect(await tor.getInfo('version')).toBe('0.4.9.11')
    expect(await tor.getInfo('circuit-status')).toBe('1 BUILT\n.2 BUILT')
    expect(await tor.socksAddresses()).toEqual([
      { host: '127.0.0.1', port: 9050 },
      { host: '::1', port: 9051 },
      { path: '/run/tor/socks' },
    ])
    expect(await refusal(tor.command('GETINFO a\r\nQUIT'))).toMatchObject({ code: 'invalid-options' })
  })

  it.each([
    ['no status', 'hello\r\n'],
    ['two statuses in one', '250-a\r\n251 b\r\n'],
    ['one that nobody asked for', '250 OK\r\n250 OK\r\n'],
    ['a line without an end', 'x'.repeat(100_001)],
  ])('ends on %s', async (_, bytes) => {
    const { control } = await controlPort({ answers: { NONSENSE: (peer) => peer.write(bytes) } })
    const tor = await createTorControl({ control }, { clock: createVirtualClock() })
    controls.push(tor)
    await tor.command('NONSENSE').catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'protocol-violation' })
    })
    await expect.poll(() => tor.connected).toBe(false)
  })

  it('ends on silence, at the deadline', async () => {
    const clock = createVirtualClock()
    const { control, lines } = await controlPort({ answers: { GETINFO: () => undefined } })
    const tor = await createTorControl({ control }, { clock })
    controls.push(tor)
    const asked = refusal(tor.getInfo('version'))
    await expect.poll(() => lines.at(-1)).toBe('GETINFO version')
    await clock.advance(20_000)
    expect(await asked).toMatchObject({ code: 'timeout', step: 'command', limit: 20_000 })
  })

  it('takes replies split anywhere', () => {
    const text = '250-a=b\r\n250+c=\r\nd\r\n.\r\n250 OK\r\n650 CIRC 1 BUILT\r\n'
    for (let split = 1; split < text.length; split++) {
      const parser = createControlReplyParser()
      const replies = [text.slice(0, split), text.slice(split)].flatMap((part) =>
        parser.push(Buffer.from(part)),
      )
      expect(replies).toEqual([
        { status: 250, lines: ['a=b', 'c=', 'd', 'OK'] },
        { status: 650, lines: ['CIRC 1 BUILT'] },
      ])
    }
  })

  it('holds no more lines than it may', () => {
    const parser = createControlReplyParser()
    const flood = Buffer.from('250-x\r\n'.repeat(10_001))
    expect(() => parser.push(flood)).toThrow(expect.objectContaining({ code: 'protocol-violation' }))
  })

  it('holds no more of a reply that has no end than it may, in how long lines ever it comes', () => {
    const parser = createControlReplyParser()
    const line = Buffer.from(`250-${'x'.repeat(99_000)}\r\n`)
    for (let lines = 0; lines < 10; lines++) parser.push(line)
    expect(() => parser.push(line)).toThrow(expect.objectContaining({ code: 'protocol-violation' }))
    // What a reply held counts no more once it is whole.
    const patient = createControlReplyParser()
    const whole = Buffer.concat([line, Buffer.from('250 OK\r\n')])
    for (let replies = 0; replies < 20; replies++) expect(patient.push(whole)).toHaveLength(1)
  })

  it('takes a long line byte by byte in the time that its length takes', () => {
    const parser = createControlReplyParser()
    const text = Buffer.from(`250 ${'x'.repeat(90_000)}\r\n`)
    let moved = 0
    const set = Uint8Array.prototype.set
    Uint8Array.prototype.set = function (from, offset) {
      moved += from.length
      set.call(this, from, offset)
    }
    try {
      const replies = [...text].flatMap((byte) => parser.push(Uint8Array.of(byte)))
      expect(replies).toHaveLength(1)
    } finally {
      Uint8Array.prototype.set = set
    }
    expect(moved).toBeLessThan(4 * text.length)
  })

  it('gives up when its signal does', async () => {
    const { control } = await controlPort({ answers: { PROTOCOLINFO: () => undefined } })
    const controller = new AbortController()
    const reason = new Error('enough')
    const opening = createTorControl({ control, signal: controller.signal })
    await expect.poll(() => servers.at(-1)!.open).toBe(1)
    controller.abort(reason)
    await expect(opening).rejects.toBe(reason)
  })
})
