import { connect, type Socket } from 'node:net'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import type { Fault } from './fates.ts'

/**
 * Somebody who dials a port, says some bytes that mean nothing, and goes, or does not.
 * @returns how to be rid of it.
 */
export function knock(port: number, fault: Fault, bytes: number): () => void {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  socket.resume()
  const part = (): void => {
    switch (fault) {
      case 'reset':
        socket.resetAndDestroy()
        return
      case 'fin':
        socket.destroy()
        return
      case 'half-close':
        socket.end()
        return
      case 'silence':
    }
  }
  socket.once('connect', () => {
    if (bytes === 0) part()
    else socket.write(createSeededRandom(bytes).bytes(bytes), part)
  })
  return () => socket.destroy()
}
