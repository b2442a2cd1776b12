import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createNode } from '../src/index.ts'
import { regtest } from './support/make-chain.ts'

const CHILD = fileURLToPath(new URL('support/reset-child.ts', import.meta.url))
/** What is sent before the end: nothing, a part of a v2 key, v1's first bytes, junk of v1's first length. */
const OPENINGS = [[], [1, 2, 3], [0xfa, 0xbf, 0xb5, 0xda, 0x76], Array.from({ length: 200 }, () => 7)]

let child: ChildProcess | undefined
afterEach(() => child?.kill('SIGKILL'))

async function start(): Promise<{ readonly process: ChildProcess; readonly address: string }> {
  child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@sapwood/source', CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [address] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { process: child, address }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('connections that end before they are taken, and in every phase after that', () => {
  it('end nothing but themselves', async () => {
    const { process, address } = await start()
    const port = Number(address.split(':').at(-1))
    // Reset in the backlog: the process stands still for 30 ms of every 40.
    for (let round = 0; round < 5; round++) {
      const sockets = await Promise.all(Array.from({ length: 40 }, () => open(port)))
      for (const socket of sockets) socket.resetAndDestroy()
    }
    const ends: ((socket: Socket) => void)[] = [
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.destroy(),
      (socket) => socket.end(),
    ]
    for (const opening of OPENINGS) {
      for (const end of ends) {
        const sockets = await Promise.all(Array.from({ length: 5 }, () => open(port)))
        for (const socket of sockets) {
          if (opening.length === 0) end(socket)
          else socket.write(Uint8Array.from(opening), () => end(socket))
        }
      }
    }
    const honest = await createNode({ network: regtest, connect: [] })
    await honest.network.connectPeer(address)
    await honest.stop()
    process.stdin!.end()
    expect((await once(process, 'exit'))[0]).toBe(0)
  })
})
