import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { A_FEW, type Attack } from '../support/attack.ts'
import { tally } from '../support/tally.ts'

/** Connections at the same time that each hostile peer has. */
const AT_ONCE = 10

export const attack: Attack = {
  what: 'begin a v2 handshake with 64 random bytes, drop it when it is answered, and begin the next',
  peers: A_FEW,
  prepare: async (field) => {
    const key = randomBytes(64)
    const handshake = (index: number): Promise<void> =>
      new Promise((resolve) => {
        const { port, from } = field.place(index)
        const socket = connect({ port, host: '127.0.0.1', localAddress: from! }, () => {
          tally.connections += 1
          socket.write(key)
        })
        socket.on('error', () => undefined)
        socket.once('data', () => socket.destroy())
        socket.once('close', () => resolve())
        setTimeout(() => socket.destroy(), 2_000).unref()
      })
    return () =>
      field.each(async (index) => {
        const one = async (): Promise<void> => {
          while (!field.signal.aborted) {
            await handshake(index)
            await field.pause(1)
          }
        }
        await Promise.all(Array.from({ length: AT_ONCE }, one))
      })
  },
}
