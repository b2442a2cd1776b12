import { describe, expect, it } from 'vitest'
import type { ByteStream } from '../stream/byte-stream.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { collect, expectBytes, pattern, readExactly } from './streams.ts'

/** Two ends of one connection. */
export interface ByteStreamPair {
  readonly near: ByteStream
  readonly far: ByteStream
  /** Releases what is needed beside the two streams (a server, say), after a test. */
  close?(): Promise<void>
}

/** How the streams of one test are made. */
export interface ByteStreamConformance {
  /** Opens a new connection. */
  open(): Promise<ByteStreamPair>
  /**
   * Sockets, servers and the like that are open now; the suite sees that a connection leaves none behind.
   * Left out where there can be none.
   */
  handles?(): number
  /**
   * Whether the remote can tell an abort from an end. Pipes that know no reset (a Unix pipe, a
   * MessagePort) cannot: there it sees an end. Default: true.
   */
  readonly resets?: boolean
}

/**
 * Bytes that a stream may swallow before it makes its writer wait: no kernel's socket buffers come near it.
 */
const MAX_SWALLOWED = 64 * 1_048_576
/** Turns of the event loop in which nothing moves, after which a writer is taken to be waiting. */
const QUIET_TURNS = 200

const MEGABYTE = 1_048_576

/** What every `ByteStream` has to do, as vitest tests. Call it at the top of a test file. */
export function describeByteStream(name: string, conformance: ByteStreamConformance): void {
  const withPair = (test: (pair: ByteStreamPair) => Promise<void>) => async (): Promise<void> => {
    const before = conformance.handles?.() ?? 0
    const pair = await conformance.open()
    try {
      await test(pair)
    } finally {
      pair.near.abort(new Error('end of test'))
      pair.far.abort(new Error('end of test'))
      await pair.close?.()
    }
    for (let turn = 0; (conformance.handles?.() ?? 0) > before && turn < QUIET_TURNS; turn++) {
      await settleMicrotasks()
    }
    expect(conformance.handles?.() ?? 0).toBeLessThanOrEqual(before)
  }

  describe(`ByteStream: ${name}`, () => {
    it(
      'carries bytes both ways',
      withPair(async ({ near, far }) => {
        await near.write(Uint8Array.of(1, 2, 3))
        expect(await readExactly(far, 3)).toEqual(Uint8Array.of(1, 2, 3))
        await far.write(Uint8Array.of(4, 5))
        expect(await readExactly(near, 2)).toEqual(Uint8Array.of(4, 5))
      }),
    )

    it(
      'keeps order whatever the size of the portions',
      withPair(async ({ near, far }) => {
        const data = pattern(MEGABYTE)
        const writing = (async () => {
          for (
            let offset = 0, size = 1;
            offset < data.length;
            offset += size, size = ((size * 7) % 9_973) + 1
          ) {
            await near.write(data.subarray(offset, offset + size))
          }
          await near.close()
        })()
        expectBytes(await collect(far), data)
        await writing
      }),
    )

    it(
      'writes several parts in order',
      withPair(async ({ near, far }) => {
        const data = pattern(100_000)
        const writing = near.write([
          data.subarray(0, 3),
          data.subarray(3, 3),
          data.subarray(3, 70_000),
          data.subarray(70_000),
        ])
        expectBytes(await readExactly(far, data.length), data)
        await writing
        await near.write([])
      }),
    )

    it(
      'carries writes that were not waited for',
      withPair(async ({ near, far }) => {
        const data = pattern(500 * 50)
        const writes = Array.from({ length: 500 }, (_, index) =>
          near.write(data.subarray(50 * index, 50 * index + 50)),
        )
        expectBytes(await readExactly(far, data.length), data)
        await Promise.all(writes)
      }),
    )

    it(
      'gives chunks that are plain Uint8Arrays',
      withPair(async ({ near, far }) => {
        await near.write(Uint8Array.of(1))
        const chunk = await far.read()
        expect(Object.getPrototypeOf(chunk)).toBe(Uint8Array.prototype)
      }),
    )

    it(
      'is not disturbed by what becomes of a chunk that was read',
      withPair(async ({ near, far }) => {
        const written = Uint8Array.of(1, 2, 3, 4)
        await near.write(written)
        const chunk = await far.read()
        chunk?.fill(0)
        expect(written).toEqual(Uint8Array.of(1, 2, 3, 4))
        await near.write(Uint8Array.of(9))
        expect(await readExactly(far, 1)).toEqual(Uint8Array.of(9))
      }),
    )

    it(
      'delivers what was written before the end, then null, then null again',
      withPair(async ({ near, far }) => {
        await near.write(Uint8Array.of(1, 2))
        await near.close()
        expect(await readExactly(far, 2)).toEqual(Uint8Array.of(1, 2))
        expect(await far.read()).toBeNull()
        expect(await far.read()).toBeNull()
      }),
    )

    it(
      'goes on reading after it was closed for writing',
      withPair(async ({ near, far }) => {
        await near.close()
        expect(await far.read()).toBeNull()
        const data = pattern(200_000)
        const writing = far.write(data).then(() => far.close())
        expectBytes(await collect(near), data)
        await writing
      }),
    )

    it(
      'takes no writes after close, and a second close',
      withPair(async ({ near }) => {
        await near.close()
        await expect(near.write(Uint8Array.of(1))).rejects.toBeInstanceOf(Error)
        await near.close()
      }),
    )

    it(
      'makes a writer wait for a reader that does not read, and no other',
      withPair(async ({ near, far }) => {
        const data = pattern(MEGABYTE)
        let accepted = 0
        let stop = false
        const stopped = (): boolean => stop
        const writing = (async () => {
          while (!stopped() && accepted < MAX_SWALLOWED) {
            await near.write(data)
            accepted += data.length
          }
          await near.close()
        })()
        for (let quiet = 0, seen = 0; quiet < QUIET_TURNS; quiet++) {
          await settleMicrotasks()
          if (accepted !== seen) quiet = 0
          seen = accepted
        }
        expect(accepted).toBeLessThan(MAX_SWALLOWED)
        await far.write(Uint8Array.of(7))
        expect(await readExactly(near, 1)).toEqual(Uint8Array.of(7))
        stop = true
        let received = 0
        for (let chunk = await far.read(); chunk !== null; chunk = await far.read()) received += chunk.length
        await writing
        expect(received).toBe(accepted)
      }),
    )

    it(
      'ends a pending read with the reason it is aborted with, and every later call',
      withPair(async ({ near }) => {
        const reason = new Error('the reason')
        const reading = near.read()
        near.abort(reason)
        await expect(reading).rejects.toBe(reason)
        await expect(near.read()).rejects.toBe(reason)
        await expect(near.write(Uint8Array.of(1))).rejects.toBe(reason)
        await expect(near.close()).rejects.toBe(reason)
        near.abort(new Error('a second reason'))
        await expect(near.read()).rejects.toBe(reason)
      }),
    )

    it(
      'ends a waiting write with the reason it is aborted with',
      withPair(async ({ near }) => {
        const reason = new Error('the reason')
        const data = pattern(MEGABYTE)
        let failure: unknown
        let accepted = 0
        const writing = (async () => {
          for (;;) {
            await near.write(data)
            accepted += 1
          }
        })().catch((error: unknown) => {
          failure = error
        })
        for (let quiet = 0, seen = 0; quiet < QUIET_TURNS; quiet++) {
          await settleMicrotasks()
          if (accepted !== seen) quiet = 0
          seen = accepted
        }
        near.abort(reason)
        await writing
        expect(failure).toBe(reason)
      }),
    )

    it(
      'lets the remote tell an abort from an end',
      withPair(async ({ near, far }) => {
        await near.write(Uint8Array.of(1))
        expect(await readExactly(far, 1)).toEqual(Uint8Array.of(1))
        const reading = far.read()
        near.abort(new Error('gone'))
        if (conformance.resets === false) return expect(await reading.catch(() => null)).toBeNull()
        await expect(reading).rejects.toBeInstanceOf(Error)
        await expect(far.read()).rejects.toBeInstanceOf(Error)
        await expect(far.write(Uint8Array.of(1))).rejects.toBeInstanceOf(Error)
      }),
    )

    it(
      'can be aborted after both sides have closed',
      withPair(async ({ near, far }) => {
        await Promise.all([near.close(), far.close()])
        expect(await near.read()).toBeNull()
        expect(await far.read()).toBeNull()
        near.abort(new Error('late'))
        far.abort(new Error('late'))
      }),
    )
  })
}
