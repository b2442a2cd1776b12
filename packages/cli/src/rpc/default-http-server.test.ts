import { once } from 'node:events'
import { connect, Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCredentials } from './credentials.ts'
import { listenHttp } from './default-http-server.ts'

const RIGHT = `Basic ${Buffer.from('user:password').toString('base64')}`
const WRONG = `Basic ${Buffer.from('user:passwore').toString('base64')}`

let server: Awaited<ReturnType<typeof listenHttp>>
let sockets: Socket[]
/** Calls that are under way: `wait` stays until its caller is gone. */
let waiting: number
let changed: () => void
/** Pages that were made. */
let pages: number
/** Passwords that were looked at. */
let tried: number
const known = createCredentials(['user:password'])

beforeEach(async () => {
  tried = 0
  sockets = []
  waiting = 0
  changed = () => undefined
  pages = 0
  let secondCame = (): void => undefined
  const second = new Promise<void>((resolve) => (secondCame = resolve))
  server = await listenHttp(
    { host: '127.0.0.1', port: 0 },
    {
      calls: {
        credentials: {
          allow: (authorization) => {
            tried++
            return known.allow(authorization)
          },
        },
        rpc: async (body, signal) => {
          if (body === 'first') await second
          if (body === 'second') secondCame()
          if (body !== 'wait') return { status: 200, body }
          waiting++
          changed()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          waiting--
          changed()
          return { status: 200 }
        },
      },
      metrics: () => {
        pages++
        return 'up 1\n'
      },
    },
  )
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await server.close()
})

async function open(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

const post = (body: string, authorization = RIGHT): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body, headers: { authorization } })

const raw = (body: string, authorization: string, length = body.length): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: ${length}\r\n\r\n${body}`

async function untilWaiting(count: number): Promise<void> {
  while (waiting !== count) await new Promise<void>((resolve) => (changed = resolve))
}

describe('the server of JSON-RPC', () => {
  it('lets the owner in beside a hundred connections that say nothing, or half a request', async () => {
    for (let each = 0; each < 120; each++) (await open()).write(raw('x', WRONG).slice(0, each))
    expect(await (await post('hello')).text()).toBe('hello')
  })

  it('lets the owner in beside many who guess passwords', async () => {
    const guessing = Array.from({ length: 80 }, () => post('x', WRONG))
    expect((await post('hello')).status).toBe(200)
    for (const { status } of await Promise.all(guessing)) expect(status).toBe(401)
  })

  it('answers what was sent before the answer to the first, in its order', async () => {
    const socket = await open()
    let answers = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answers += text))
    socket.write(raw('first', RIGHT) + raw('second', RIGHT) + raw('third', RIGHT))
    await expect.poll(() => answers.match(/first|second|third/g)).toEqual(['first', 'second', 'third'])
  })

  it('makes no more pages for a connection than it takes', async () => {
    const socket = await open()
    socket.resume()
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1_000))
    await once(socket, 'close')
    expect(pages).toBeLessThanOrEqual(4)
    expect(await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text()).toBe('up 1\n')
  })

  it('tries one password on a connection, however many were sent on it', async () => {
    const socket = await open()
    let answers = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answers += text))
    socket.write(raw('x', WRONG).repeat(5_000))
    await once(socket, 'close')
    expect(answers.match(/HTTP\/1\.1 401 /g)).toEqual(['HTTP/1.1 401 '])
    expect(tried).toBe(1)
  })

  it('answers what the owner sends on one connection without waiting, in order', async () => {
    const socket = await open()
    let answers = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answers += text))
    for (let each = 0; each < 50; each++) socket.write(raw(`call ${each};`, RIGHT))
    while (!answers.includes('call 49;')) await once(socket, 'data')
    expect([...answers.matchAll(/call (\d+);/g)].map(([, each]) => Number(each))).toEqual(
      Array.from({ length: 50 }, (_, each) => each),
    )
  })

  it('reads no body of who may not call', async () => {
    const socket = await open()
    socket.write(raw('', WRONG, 0x02000000))
    const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string]
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    await once(socket, 'close')
  })

  it('works on so much at a time, and not on for callers that are gone', async () => {
    for (let each = 0; each < 64; each++) (await open()).write(raw('wait', RIGHT))
    await untilWaiting(64)
    expect((await post('hello')).status).toBe(503)
    for (const socket of sockets) socket.destroy()
    await untilWaiting(0)
    expect((await post('hello')).status).toBe(200)
  })

  it('works no more on a call that was sent behind another, once the caller is gone', async () => {
    const socket = await open()
    socket.write(raw('wait', RIGHT).repeat(3))
    await untilWaiting(3)
    socket.destroy()
    await untilWaiting(0)
    expect((await post('hello')).status).toBe(200)
  })

  it('takes a body of 32 MiB and none that is larger, said or not', async () => {
    expect((await post('x'.repeat(0x02000000))).status).toBe(200)
    const said = await open()
    said.write(raw('', RIGHT, 0x02000001))
    const [answer] = (await once(said.setEncoding('utf8'), 'data')) as [string]
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    const unsaid = await open()
    unsaid.write(
      `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${RIGHT}\r\nTransfer-Encoding: chunked\r\n\r\n2000001\r\n`,
    )
    unsaid.write(Buffer.alloc(0x02000001))
    const [second] = (await once(unsaid.setEncoding('utf8'), 'data')) as [string]
    expect(second).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('shows its figures to who asks for this machine, and not to a page by a name of its own', async () => {
    const statusFor = async (host: string): Promise<string> => {
      const socket = await open()
      socket.write(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string]
      return answer.split(' ')[1]!
    }
    expect(await statusFor('localhost:8332')).toBe('200')
    expect(await statusFor('127.0.0.1')).toBe('200')
    expect(await statusFor('evil.example:8332')).toBe('403')
    expect(await statusFor('127.0.0.1.evil.example')).toBe('403')
  })

  it('answers what is no HTTP, or has endless headers, by hanging up', async () => {
    for (const nonsense of ['\x16\x03\x01\x00\x00', `GET / HTTP/1.1\r\nX: ${'x'.repeat(10_000)}`]) {
      const socket = await open()
      socket.resume().write(nonsense)
      await once(socket, 'close')
    }
    expect((await post('hello')).status).toBe(200)
  })
})

it('lives where no connection can be taken', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const other = await listenHttp({ host: '127.0.0.1', port: 0 }, {})
  ;(listen.mock.contexts[0] as Server).emit(
    'error',
    Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }),
  )
  listen.mockRestore()
  await other.close()
})
