import { connect } from 'node:net'
import { A_FEW, type Attack } from '../support/attack.ts'
import { tally } from '../support/tally.ts'

/** Connections at once, so that some stand in the backlog while their remote is gone already. */
const AT_ONCE = 60

export const attack: Attack = {
  what: 'connect and reset at once, so that the connection is gone before it is accepted',
  peers: A_FEW,
  prepare: (field) =>
    Promise.resolve(async () => {
      while (!field.signal.aborted) {
        const sockets = Array.from({ length: field.scaled(AT_ONCE) }, (_, index) => {
          const { port, from } = field.place(index)
          const socket = connect({ port, host: '127.0.0.1', localAddress: from! })
          socket.on('error', () => undefined)
          socket.once('connect', () => {
            tally.connections += 1
            socket.resetAndDestroy()
          })
          return socket
        })
        await field.pause(50)
        for (const socket of sockets) socket.destroy()
      }
    }),
}
