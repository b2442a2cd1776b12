import { Server } from 'node:net'
import { it, vi } from 'vitest'
import { withMachineLock } from '../programs/machine-lock.ts'
import { startEmbeddedSocks5 } from '../socks/embedded-socks5.ts'
import { startWebSocketRelay } from '../websocket/websocket-relay.ts'
import { FaultyRelay } from './faulty-relay.ts'

const starts: readonly (readonly [string, (act: () => void) => Promise<void>])[] = [
  [
    'FaultyRelay',
    async (act) => {
      const relay = await FaultyRelay.start(1)
      act()
      await relay.stop()
    },
  ],
  [
    'startEmbeddedSocks5',
    async (act) => {
      const socks = await startEmbeddedSocks5()
      act()
      await socks.stop()
    },
  ],
  [
    'startWebSocketRelay',
    async (act) => {
      const relay = await startWebSocketRelay({ route: () => undefined })
      act()
      await relay.close()
    },
  ],
  ['withMachineLock', (act) => withMachineLock('out of descriptors', () => Promise.resolve(act()))],
]

it.each(starts)('%s lives where no connection can be taken', async (_, start) => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  try {
    await start(() => {
      const server = listen.mock.contexts.at(-1) as Server
      // As often as somebody comes.
      for (let time = 0; time < 2; time++) {
        server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
      }
    })
  } finally {
    listen.mockRestore()
  }
})
