import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { TurnLane } from '../environment/turn-scheduler.ts'
import { Outbox } from '../framing/outbox.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { FrameWriter } from './frame-writer.ts'

const BLOCK = 4_000_000

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

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
    send: (length: number) => {
      const part = new Uint8Array(length)
      outbox.push(part)
      writer.queued()
      return new WeakRef(part.buffer)
    },
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

it('lets go of what waits for a turn once the connection has ended, before the turn comes', async () => {
  const lane = new HandLane()
  const { sizes, send, writer, outbox } = written(lane)
  const kept = send(BLOCK)
  await settleMicrotasks()
  expect(lane.waiters).toHaveLength(1)
  writer.fail(new Error('ended'))
  await settleMicrotasks()
  expect(writer.queuedBytes).toBe(0)
  // What a WeakRef refers to stays until the event loop's turn is over.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  expect(kept.deref()).toBeUndefined()
  await lane.turn()
  expect(sizes).toHaveLength(1)
  expect(outbox.length).toBe(0)
})

it('sends whoever is no stranger all at once', async () => {
  const { sizes, send } = written(undefined)
  send(BLOCK)
  await settleMicrotasks()
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(BLOCK)
})
