import type { ByteStream } from '@sapwood/transport-v1v2'
import { describe, expect, it } from 'vitest'
import type { InboundStream, Listener, Listening } from './listener.ts'

/** A listener, and how it is reached. */
export interface ListenerFixture {
  readonly listener: Listener
  /** Reaches it, as a remote does. @throws where nobody listens. */
  dial(listening: Listening): Promise<ByteStream>
  /** Called after the test. */
  close?(): Promise<void>
}

/** How the listener of one test is made. */
export interface ListenerConformance {
  open(): Promise<ListenerFixture>
}

/** What every `Listener` has to do, as vitest tests. Call it at the top of a test file. */
export function describeListener(name: string, conformance: ListenerConformance): void {
  const withFixture = (test: (fixture: ListenerFixture) => Promise<void>) => async (): Promise<void> => {
    const fixture = await conformance.open()
    try {
      await test(fixture)
    } finally {
      await fixture.close?.()
    }
  }

  describe(`Listener: ${name}`, () => {
    it(
      'hands on whoever dials, with bytes in both directions',
      withFixture(async (fixture) => {
        const { listening, next } = await listen(fixture)
        const far = await fixture.dial(listening)
        await far.write(Uint8Array.of(1, 2, 3))
        const { stream, via } = await next()
        expect(await readSome(stream, 3)).toEqual([1, 2, 3])
        await stream.write(Uint8Array.of(4))
        expect(await readSome(far, 1)).toEqual([4])
        expect(['tcp', 'onion', 'i2p']).toContain(via)
        end(stream, far)
        await listening.close()
      }),
    )

    it(
      'says where it is reached',
      withFixture(async (fixture) => {
        const { listening } = await listen(fixture)
        expect(listening.address).not.toBe('')
        await listening.close()
      }),
    )

    it(
      'gives each remote a stream of its own',
      withFixture(async (fixture) => {
        const { listening, next } = await listen(fixture)
        const fars = await Promise.all([1, 2, 3].map(() => fixture.dial(listening)))
        await Promise.all(fars.map((far, index) => far.write(Uint8Array.of(index))))
        const nears = [await next(), await next(), await next()].map(({ stream }) => stream)
        const first = await Promise.all(nears.map(async (near) => (await readSome(near, 1))[0]))
        expect([...first].sort()).toEqual([0, 1, 2])
        end(...nears, ...fars)
        await listening.close()
      }),
    )

    it(
      'is not brought down by what is done with a stream',
      withFixture(async (fixture) => {
        let isFirst = true
        const { listening, next } = await listen(fixture, () => {
          if (!isFirst) return
          isFirst = false
          throw new Error('whoever is told may throw')
        })
        const dropped = await fixture.dial(listening).catch(() => undefined)
        const far = await fixture.dial(listening)
        await far.write(Uint8Array.of(7))
        const { stream } = await next()
        expect(await readSome(stream, 1)).toEqual([7])
        end(stream, far, ...(dropped === undefined ? [] : [dropped]))
        await listening.close()
      }),
    )

    it(
      'is closed once, or by its signal, and reached no more',
      withFixture(async (fixture) => {
        const { listening, abort } = await listen(fixture)
        await listening.close()
        await listening.close()
        await expect(reach(fixture, listening)).rejects.toBeInstanceOf(Error)
        abort.abort(new Error('closed already'))
      }),
    )

    it(
      'does not begin for a signal that is aborted already',
      withFixture(async ({ listener }) => {
        const reason = new Error('no longer wanted')
        const listening = listener.listen(() => undefined, { signal: AbortSignal.abort(reason) })
        await expect(listening).rejects.toBe(reason)
      }),
    )
  })
}

async function listen({ listener }: ListenerFixture, told: () => void = () => undefined) {
  const waiting: ((inbound: InboundStream) => void)[] = []
  const arrived: InboundStream[] = []
  const abort = new AbortController()
  const onStream = (inbound: InboundStream): void => {
    told()
    const taker = waiting.shift()
    if (taker === undefined) arrived.push(inbound)
    else taker(inbound)
  }
  const listening = await listener.listen(onStream, { signal: abort.signal })
  const next = (): Promise<InboundStream> => {
    const inbound = arrived.shift()
    return inbound === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(inbound)
  }
  return { listening, next, abort }
}

/** Some ways of dialling succeed, and end at once. */
async function reach(fixture: ListenerFixture, listening: Listening): Promise<void> {
  const stream = await fixture.dial(listening)
  const chunk = await stream.read()
  stream.abort(new Error('end of test'))
  if (chunk === null) throw new Error('the connection ended at once')
}

async function readSome(stream: ByteStream, length: number): Promise<number[]> {
  const bytes: number[] = []
  while (bytes.length < length) {
    const chunk = await stream.read()
    if (chunk === null) throw new Error('the stream ended')
    bytes.push(...chunk)
  }
  return bytes
}

function end(...streams: readonly ByteStream[]): void {
  for (const stream of streams) stream.abort(new Error('end of test'))
}
