import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One connection to a scripted server, as its script sees it. */
export interface ScriptedPeer {
  readonly socket: Socket
  /** The next `length` bytes; rejects when the client ends first. */
  read(length: number): Promise<Uint8Array>
  /** The next line, without its end. */
  readLine(): Promise<string>
  write(bytes: Uint8Array | readonly number[] | string): void
  /** Ends the connection with a reset. */
  reset(): void
  /** Resolves when the client has gone. */
  readonly gone: Promise<void>
}

export interface ScriptedServer {
  readonly host: string
  readonly port: number
  /** Set for a server on a unix socket. */
  readonly path: string
  /** Connections it has had. */
  readonly connections: number
  /** Clients that have not gone. */
  readonly open: number
  close(): Promise<void>
}

/** A server that plays `script` on each connection; an error in the script ends its connection. */
export async function scriptedServer(
  script: (peer: ScriptedPeer, index: number) => Promise<void> | void,
  options: { readonly unix?: boolean } = {},
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>()
  const there = new Set<Socket>()
  let connections = 0
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    there.add(socket)
    socket.once('close', () => sockets.delete(socket))
    for (const event of ['end', 'close']) socket.once(event, () => there.delete(socket))
    const peer = scriptedPeer(socket)
    const index = connections++
    void Promise.resolve()
      .then(() => script(peer, index))
      .catch(() => socket.destroy())
  })
  const folder = options.unix === true ? await mkdtemp(join(tmpdir(), 'scripted-')) : ''
  const path = folder === '' ? '' : join(folder, 'socket')
  if (path === '') server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: address !== null && typeof address === 'object' ? address.port : 0,
    path,
    get connections() {
      return connections
    },
    get open() {
      return there.size
    },
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
      if (folder !== '') await rm(folder, { recursive: true })
    },
  }
}

function scriptedPeer(socket: Socket): ScriptedPeer {
  let received = Buffer.alloc(0)
  let wake = (): void => undefined
  let ended = false
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes])
    wake()
  })
  const onEnd = (): void => {
    ended = true
    wake()
  }
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  socket.on('error', onEnd)
  const gone = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  const take = async (lengthOf: (bytes: Buffer) => number | undefined): Promise<Uint8Array> => {
    for (;;) {
      const length = lengthOf(received)
      if (length !== undefined && received.length >= length) {
        const taken = Uint8Array.from(received.subarray(0, length))
        received = received.subarray(length)
        return taken
      }
      if (ended) throw new Error('The client has ended')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return {
    socket,
    gone,
    read: (length) => take(() => length),
    readLine: async () => {
      const line = await take((bytes) => {
        const end = bytes.indexOf('\n')
        return end < 0 ? undefined : end + 1
      })
      return Buffer.from(line)
        .toString('utf8')
        .replace(/\r?\n$/, '')
    },
    write: (bytes) => void socket.write(typeof bytes === 'string' ? bytes : Uint8Array.from(bytes)),
    reset: () => void socket.resetAndDestroy(),
  }
}
