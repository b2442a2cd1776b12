import { expect, it } from 'vitest'
import type { TurnLane } from '../environment/turn-scheduler.ts'
import { Outbox } from '../framing/outbox.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { FrameWriter } from './frame-writer.ts'

const BLOCK = 4_000_000

function written(lane: TurnLane | undefined) {
  const sizes: number[] = []
  const stream: ByteStream = {
    read: () => new Promise(() => undefined),
    write: (bytes) => {
      const parts = bytes instanceof Uint8Array ? [bytes] : bytes
      sizes.push(parts.reduce((sum, { length }) => sum + length, 0))
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
    abort: () => undefined,
  }
  const outbox = new Outbox()
  const writer = new FrameWriter({
    stream,
    outbox,
    clock: createVirtualClock(),
    lane,
    bytesSent: 0,
    onFailure: (failure) => {
      throw failure
    },
  })
  return {
    sizes,
    outbox,
    writer,
    send: (length: number) => (outbox.push(new Uint8Array(length)), writer.queued()),
  }
}

/** A lane whose turns are given by hand. */
class HandLane implements TurnLane {
  readonly waiters: (() => void)[] = []
  charged = 0
  due = (): Promise<void> => new Promise((resolve) => this.waiters.push(resolve))
  pass = (): Promise<void> => this.due()
  enter = (): void => undefined
  leave = (): void => undefined
  rest = (): void => undefined
  charge = (milliseconds: number): void => {
    this.charged += milliseconds
  }

  async turn(): Promise<void> {
    for (const resume of this.waiters.splice(0)) resume()
    await settleMicrotasks()
  }
}

it('sends a stranger what is short at once, and of a block a slice a turn, and counts its bytes', async () => {
  const lane = new HandLane()
  const { sizes, send } = written(lane)
  send(100)
  await settleMicrotasks()
  expect(sizes).toEqual([100])
  expect(lane.waiters).toHaveLength(0)

  send(BLOCK)
  await settleMicrotasks()
  expect(sizes).toHaveLength(2)
  const one = lane.charged
  expect(one).toBeGreaterThan(0)
  while (lane.waiters.length > 0) {
    const before = sizes.length
    await lane.turn()
    expect(sizes.length).toBe(before + 1)
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(BLOCK + 100)
  // Milliseconds, about twice as many as megabytes: what the kernel copies, and what is collected after.
  expect(lane.charged).toBeCloseTo((BLOCK + 100) * 2e-6, 5)
})

it('sends nothing more of what waits for a turn once the connection has ended', async () => {
  const lane = new HandLane()
  const { sizes, send, writer } = written(lane)
  send(BLOCK)
  await settleMicrotasks()
  writer.fail(new Error('ended'))
  await lane.turn()
  expect(sizes).toHaveLength(1)
  expect(writer.queuedBytes).toBe(0)
})

it('sends whoever is no stranger all at once', async () => {
  const { sizes, send } = written(undefined)
  send(BLOCK)
  await settleMicrotasks()
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(BLOCK)
})
