import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCapturedMessage } from '@sapwood/peer'
import { regtest } from '@sapwood/wire-codec'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { encodeFrame } from '../src/decoding/v1-frame.ts'
import { sapwood } from './support/run-command.ts'

const TRANSACTION = `0100000001${'11'.repeat(32)}0000000000ffffffff01e803000000000000015100000000`

const folder = mkdtempSync(join(tmpdir(), 'sapwood-interrupts-'))
const sent = join(folder, 'msgs_sent.dat')
writeFileSync(sent, encodeCapturedMessage({ time: 1, command: 'verack', payload: new Uint8Array() }))
let server: Server | undefined
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  server?.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A remote that does this with each connection. @returns its address. */
async function remote(serve: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Greets on v1, and says nothing more. @param then When the remote has been told that it is known. */
function greet(socket: Socket, then: () => void): void {
  const version = Buffer.alloc(86)
  version.writeInt32LE(70_016, 0)
  version.writeBigUInt64LE(0x449n, 4)
  version.fill(7, 72, 80)
  version.writeInt32LE(5, 81)
  version[85] = 1
  let heard = ''
  socket.once('data', () => {
    socket.write(encodeFrame(regtest.magic, 'version', version))
    socket.write(encodeFrame(regtest.magic, 'verack', new Uint8Array()))
  })
  socket.on('data', (data: Buffer) => {
    heard += data.toString('latin1')
    if (heard.includes('verack')) then()
  })
}

/** What a command is interrupted in the middle of. */
const phases: Readonly<
  Record<string, { readonly args: readonly string[]; serve(socket: Socket, reached: () => void): void }>
> = {
  'the words of a proxy': {
    args: ['--proxy'],
    serve: (socket, reached) => void socket.once('data', reached),
  },
  'the exchange of keys': { args: ['--v2'], serve: (socket, reached) => void socket.once('data', reached) },
  'the greeting': { args: ['--v1'], serve: (socket, reached) => void socket.once('data', reached) },
  'what comes after the greeting': { args: ['--v1'], serve: greet },
}

const commands: readonly (readonly string[])[] = [
  ['peer', 'TARGET'],
  ['peer', 'TARGET', '--watch'],
  ['reach', 'TARGET'],
  ['headers', '-c', 'TARGET'],
  ['block', '1', '-c', 'TARGET'],
  ['tx', '11'.repeat(32), '-c', 'TARGET'],
  ['filter', '1', '-c', 'TARGET'],
  ['watch', '51', '-c', 'TARGET'],
  ['send', TRANSACTION, '-c', 'TARGET', '--until', 'confirmed'],
  ['crawl', '--from', 'TARGET'],
  ['capture', 'TARGET', '--dir', folder],
  ['replay', sent, 'TARGET', '--wait', '60'],
]

describe.each(Object.entries(phases))('interrupted in %s', (_, { args, serve }) => {
  // Who greets is reached, and there is nothing more to be interrupted.
  const those = commands.filter(([command]) => serve !== greet || command !== 'reach')
  it.each(those)('%s ends with 130, and without a word of failure', async (...command) => {
    const stopping = new AbortController()
    const reached = (): void => stopping.abort(new Error('interrupted'))
    const place = await remote((socket) => serve(socket, reached))
    const isProxied = args[0] === '--proxy'
    const target = isProxied ? '203.0.113.1:18444' : place
    const { exitCode, err } = await sapwood(
      [
        ...command.map((each) => (each === 'TARGET' ? target : each)),
        '-n',
        'regtest',
        ...args,
        ...(isProxied ? [place] : []),
      ],
      { signal: stopping.signal },
    )
    expect([exitCode, err.includes('sapwood: ')]).toEqual([130, false])
  })
})
