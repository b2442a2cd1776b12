import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../testing/index.ts'
import { websocketStream } from './websocket-stream.ts'

/** A WebSocket that takes all that it is given, and sends it when it is told to. */
class DeafSocket {
  binaryType = ''
  bufferedAmount = 0
  messages = 0
  readonly #listeners = new Map<string, (event: { readonly data: unknown }) => void>()

  send(data: Uint8Array): void {
    this.messages += 1
    this.bufferedAmount += data.length
  }

  close(): void {
    // The other side says when it has closed.
  }

  addEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.set(type, listener)
  }

  removeEventListener(): void {
    // Nothing is listened to for a while only.
  }

  fire(type: string, data?: unknown): void {
    this.#listeners.get(type)?.({ data })
  }
}

function deaf() {
  const socket = new DeafSocket()
  const clock = createVirtualClock()
  return { socket, clock, stream: websocketStream(socket, { clock }) }
}

const parts = (count: number): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(3))

describe('a stream over a WebSocket whose remote reads nothing', () => {
  it('has hundreds of small messages wait, and not tens of thousands', async () => {
    const { socket, clock, stream } = deaf()
    await stream.write(parts(200))
    let isTaken = false
    const write = stream.write(parts(100)).then(() => (isTaken = true))
    await clock.advance(1_000)
    expect([isTaken, socket.messages]).toEqual([false, 300])
    socket.bufferedAmount = 0
    await clock.advance(5)
    await write
    await stream.write(parts(200))
  })

  it('lets go of who writes when the socket has closed, and looks no more', async () => {
    const { socket, clock, stream } = deaf()
    const write = stream.write(new Uint8Array(300_000))
    const failure = expect(write).rejects.toMatchObject({ code: 'stream-failed' })
    await stream.close()
    socket.fire('message', new ArrayBuffer(0))
    socket.fire('close')
    await clock.advance(5)
    await failure
    expect(clock.pendingTimers).toBe(0)
  })
})
