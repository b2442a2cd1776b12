import type { PeerAddress } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { ByteStream } from '../stream/byte-stream.ts'
import type { Dialer } from '../stream/dialer.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { collect, expectBytes, pattern, readExactly } from './streams.ts'

/** A dialer and something for it to reach. */
export interface DialerFixture {
  readonly dialer: Dialer
  /** An address that accepts. */
  readonly address: PeerAddress
  /**
   * An address where nobody accepts, if there is one. The dial has to reject with an `Error` whose `code` is
   * a text: a `TransportError` (`dial-failed`, with the operating system's error as `cause`), or what the way
   * itself says (`ECONNREFUSED`). `connect` decides nothing by it; people do.
   */
  readonly refusing?: PeerAddress
  /** The other end of the next connection made to `address`, in the order they arrive. */
  readonly accepted: () => Promise<ByteStream>
  /** Stops what was started for the test. */
  close?(): Promise<void>
}

/** How the dialer of one test is made. */
export interface DialerConformance {
  open(): Promise<DialerFixture>
  /** Sockets and the like that are open now, if that can be told. */
  handles?(): number
}

/** Turns of the event loop after which a socket that is being closed is closed. */
const CLOSING_TURNS = 200

/** What every `Dialer` has to do, as vitest tests. Call it at the top of a test file. */
export function describeDialer(name: string, conformance: DialerConformance): void {
  const withFixture = (test: (fixture: DialerFixture) => Promise<void>) => async (): Promise<void> => {
    const before = conformance.handles?.() ?? 0
    const fixture = await conformance.open()
    try {
      await test(fixture)
    } finally {
      await fixture.close?.()
    }
    for (let turn = 0; (conformance.handles?.() ?? 0) > before && turn < CLOSING_TURNS; turn++) {
      await settleMicrotasks()
    }
    expect(conformance.handles?.() ?? 0).toBeLessThanOrEqual(before)
  }
  const never = (): AbortSignal => new AbortController().signal

  describe(`Dialer: ${name}`, () => {
    it(
      'gives a stream to the address',
      withFixture(async ({ dialer, address, accepted }) => {
        const near = await dialer.dial(address, { signal: never() })
        const far = await accepted()
        const data = pattern(300_000)
        const writing = near.write(data).then(() => near.close())
        expectBytes(await collect(far), data)
        await writing
        await far.write(Uint8Array.of(1, 2))
        expect(await readExactly(near, 2)).toEqual(Uint8Array.of(1, 2))
        near.abort(new Error('end of test'))
        far.abort(new Error('end of test'))
      }),
    )

    it(
      'loses nothing of what the remote sends at once',
      withFixture(async ({ dialer, address, accepted }) => {
        const data = pattern(50_000)
        const [near, far] = await Promise.all([
          dialer.dial(address, { signal: never() }),
          accepted().then(async (stream) => {
            await stream.write(data)
            await stream.close()
            return stream
          }),
        ])
        await settleMicrotasks()
        expectBytes(await collect(near), data)
        near.abort(new Error('end of test'))
        far.abort(new Error('end of test'))
      }),
    )

    it(
      'gives each dial a stream of its own',
      withFixture(async ({ dialer, address, accepted }) => {
        const nears = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            dialer.dial(address, { signal: never(), isolation: `key ${index % 2}` }),
          ),
        )
        await Promise.all(nears.map((near, index) => near.write(Uint8Array.of(index))))
        const fars = []
        const seen = new Set<number>()
        for (let index = 0; index < nears.length; index++) {
          const far = await accepted()
          fars.push(far)
          seen.add((await readExactly(far, 1))[0]!)
        }
        expect(seen.size).toBe(nears.length)
        for (const stream of [...nears, ...fars]) stream.abort(new Error('end of test'))
      }),
    )

    it(
      'does not dial for a signal that is aborted already',
      withFixture(async ({ dialer, address }) => {
        const reason = new Error('no longer wanted')
        await expect(dialer.dial(address, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      }),
    )

    it(
      'stops with the reason when aborted on the way',
      withFixture(async ({ dialer, address }) => {
        const controller = new AbortController()
        const reason = new Error('no longer wanted')
        const dialling = dialer.dial(address, { signal: controller.signal })
        controller.abort(reason)
        await expect(dialling).rejects.toBe(reason)
      }),
    )

    it(
      'leaves the stream alone when the signal aborts later, and no listener on it',
      withFixture(async ({ dialer, address, accepted }) => {
        const controller = new AbortController()
        const listeners = countListeners(controller.signal)
        const near = await dialer.dial(address, { signal: controller.signal })
        expect(listeners()).toBe(0)
        controller.abort(new Error('too late'))
        const far = await accepted()
        await near.write(Uint8Array.of(5))
        expect(await readExactly(far, 1)).toEqual(Uint8Array.of(5))
        near.abort(new Error('end of test'))
        far.abort(new Error('end of test'))
      }),
    )

    it(
      'reports an address that refuses with an error that carries its cause',
      withFixture(async ({ dialer, refusing }) => {
        if (refusing === undefined) return
        const controller = new AbortController()
        const listeners = countListeners(controller.signal)
        const failure = await dialer.dial(refusing, { signal: controller.signal }).then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(failure).toBeInstanceOf(Error)
        expect(failure, 'the error has a `code` that is a text, as `dial-failed`').toHaveProperty(
          'code',
          expect.any(String),
        )
        expect(listeners()).toBe(0)
      }),
    )
  })
}

/** Counts the listeners on a signal from here on. */
function countListeners(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...call: Parameters<typeof add>): void => {
    listeners.add(call[1])
    add(...call)
  }
  signal.removeEventListener = (...call: Parameters<typeof remove>): void => {
    listeners.delete(call[1])
    remove(...call)
  }
  return () => listeners.size
}
