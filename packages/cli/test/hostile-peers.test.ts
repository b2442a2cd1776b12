import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCapturedMessage } from '@sapwood/peer'
import { regtest } from '@sapwood/wire-codec'
import { afterAll, afterEach, expect, it } from 'vitest'
import { encodeFrame } from '../src/decoding/v1-frame.ts'
import { type Ran, sapwood } from './support/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'sapwood-hostile-'))
const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A remote that does this with each connection. @returns its address. */
async function remote(serve: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    serve(socket)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** One that greets, on v1. @param then What it does after that. */
function greeting(userAgent: string, then: (socket: Socket) => void): (socket: Socket) => void {
  const agent = Buffer.from(userAgent)
  const head = Buffer.alloc(80)
  head.writeInt32LE(70_016, 0)
  head.writeBigUInt64LE(0x409n, 4)
  head.fill(7, 72)
  const version = Buffer.concat([head, Buffer.of(agent.length), agent, Buffer.of(5, 0, 0, 0, 1)])
  return (socket) =>
    socket.once('data', (first: Buffer) => {
      if (first.readUInt32BE(0) !== Buffer.from(regtest.magic).readUInt32BE(0)) return socket.destroy()
      socket.write(encodeFrame(regtest.magic, 'version', version))
      socket.write(encodeFrame(regtest.magic, 'verack', new Uint8Array()))
      then(socket)
      return undefined
    })
}

const run = (...args: readonly string[]): Promise<Ran> => sapwood([...args, '-n', 'regtest'])

function sentFile(): string {
  const file = join(folder, 'msgs_sent.dat')
  writeFileSync(file, encodeCapturedMessage({ time: 1, command: 'verack', payload: new Uint8Array() }))
  return file
}

it('what speaks another protocol refuses, whoever asks it', async () => {
  const place = await remote((socket) => void socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'))
  for (const args of [
    ['peer', place, '--v1'],
    ['capture', place, '--v1', '--dir', folder],
    ['replay', sentFile(), place, '--v1', '--wait', '20'],
  ]) {
    const { exitCode, err } = await run(...args)
    expect([args, exitCode]).toEqual([args, 4])
    expect(err).not.toContain('    at ')
  }
})

it('one that greets and then gives no headers is not waited for without an end', async () => {
  const place = await remote(greeting('/silent:1/', () => undefined))
  for (const args of [['headers'], ['block', '1'], ['watch', '51', '--once']]) {
    const { exitCode, out, err } = await run(...args, '-c', place, '--v1', '--timeout', '0.2')
    expect([args, exitCode, out]).toEqual([args, 3, ''])
    expect(err).toContain('nobody has given headers within 1 s')
  }
})

it('one that hangs up before it has greeted is told of with its reason', async () => {
  const place = await remote((socket) => socket.destroy())
  const { exitCode, err } = await run('headers', '-c', place, '--v1', '--timeout', '0.3')
  expect(exitCode).toBe(3)
  expect(err).toMatch(/could not reach 127\.0\.0\.1:\d+: the remote (closed it|was lost)/)
})

it('a name that steers terminals is shown, and steers none', async () => {
  const evil = '\x1b[2J\x1b]0;owned\x07\r\n/evil:1/'
  const place = await remote(greeting(evil, (socket) => socket.end()))
  for (const args of [
    ['peer', place, '--v1', '--watch'],
    ['peer', place, '--v1', '--json'],
    ['crawl', '--from', place, '--v1', '--wait', '0.1'],
    ['capture', place, '--v1', '--dir', folder],
  ]) {
    const { out, err } = await run(...args)
    expect(out + err).toContain('evil')
    expect((out + err).replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f]/)
  }
})
