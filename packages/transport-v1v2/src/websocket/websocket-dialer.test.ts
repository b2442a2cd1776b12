import { afterEach, beforeEach, expect, it } from 'vitest'
import { createVirtualClock } from '../testing/index.ts'
import { createWebSocketDialer, type WebSocketLike } from './index.ts'

const address = { network: 'ipv4', bytes: Uint8Array.of(10, 0, 0, 1), port: 1 } as const
const reached: unknown[] = []
const onReached = (error: unknown): void => void reached.push(error)
beforeEach(() => {
  reached.length = 0
  process.on('uncaughtException', onReached)
})
afterEach(() => {
  process.off('uncaughtException', onReached)
})

/** A WebSocket of the program's own, whose ends throw. */
class Broken extends EventTarget {
  readonly bufferedAmount = 0
  binaryType = ''
  send(): void {
    throw new Error('the program’s own')
  }
  close(): void {
    throw new Error('the program’s own')
  }
  receive(data: unknown): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }
}

function dialTo(socket: Broken, signal: AbortSignal) {
  const dialer = createWebSocketDialer(
    { open: () => socket as unknown as WebSocketLike },
    { clock: createVirtualClock() },
  )
  return dialer.dial(address, { signal })
}

it('ends a dial whose WebSocket cannot even be closed with the reason of its signal', async () => {
  const ending = new AbortController()
  const dialling = dialTo(new Broken(), ending.signal)
  ending.abort(new Error('enough'))
  await expect(dialling).rejects.toThrow('enough')
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
})

it('ends a stream whose remote sends text, and nothing else, though its WebSocket cannot be closed', async () => {
  const socket = new Broken()
  const dialling = dialTo(socket, new AbortController().signal)
  socket.dispatchEvent(new Event('open'))
  const stream = await dialling
  socket.receive('text')
  await expect(stream.read()).rejects.toMatchObject({ code: 'stream-failed' })
  await expect(stream.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'stream-failed' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
})
