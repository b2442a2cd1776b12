import { concatBytes, type NetworkAddress, regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createMemoryBudget, type MemoryBudget } from '../../src/environment/index.ts'
import {
  accept,
  type ByteStream,
  connect,
  createV2Session,
  neverFallback,
  streamPair,
  type V2Session,
} from '../../src/index.ts'
import { createSeededRandom, createVirtualClock } from '../../src/testing/index.ts'

const address: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 1 }
/** Bytes of a decoy before the version packet: nearly as many as a packet may have. */
const DECOY = 3_900_000
/** More than the version packet: of the decoy before it some bytes are lacking. */
const LACKING = 64

/** The remote's part of a handshake up to its decoy. @returns what it has not sent yet. */
async function sendUnfinished(stream: ByteStream, session: V2Session): Promise<Uint8Array> {
  session.start()
  await stream.write(session.outbox.take())
  while (session.phase === 'key') session.receive((await stream.read())!, [])
  const bytes = concatBytes(...session.outbox.take())
  // Not waited for: who is let go takes no more of it.
  void stream.write(bytes.subarray(0, -LACKING)).catch(() => undefined)
  return bytes.subarray(-LACKING)
}

function remote(role: 'initiator' | 'responder', seed: number): V2Session {
  const random = createSeededRandom(`remote ${seed}`)
  return createV2Session({ role, magic: regtest.magic, decoys: [DECOY] }, { random })
}

function accepted(budget: MemoryBudget, seed: number) {
  const abort = new AbortController()
  const memory = budget.open({ rank: 'inbound', onEvict: () => abort.abort(new Error('let go')) })
  const [near, far] = streamPair({ highWaterMark: 2 * DECOY })
  const components = { clock: createVirtualClock(), random: createSeededRandom(seed) }
  const done = accept(near, { network: regtest, memory, signal: abort.signal }, components)
  return { far, done, memory }
}

describe('what is held of a packet before the version packet', () => {
  it('counts until it is whole, where we are dialled', async () => {
    const budget = createMemoryBudget({ clock: createVirtualClock() })
    const { far, done, memory } = accepted(budget, 1)
    const rest = await sendUnfinished(far, remote('initiator', 1))
    await expect.poll(() => budget.use().byPurpose.handshakes).toBeGreaterThan(DECOY - 2 * LACKING)
    await far.write(rest)
    expect((await done).protocol).toBe('v2')
    expect(memory.held).toBe(0)
  })

  it('counts until it is whole, where we dial', async () => {
    const budget = createMemoryBudget({ clock: createVirtualClock() })
    const memory = budget.open({ rank: 'outbound' })
    const [near, far] = streamPair({ highWaterMark: 2 * DECOY })
    const done = connect(
      address,
      { dialer: { dial: () => Promise.resolve(near) }, network: regtest, fallback: neverFallback, memory },
      { clock: createVirtualClock(), random: createSeededRandom(2) },
    )
    const rest = await sendUnfinished(far, remote('responder', 2))
    await expect.poll(() => budget.use().byPurpose.handshakes).toBeGreaterThan(DECOY - 2 * LACKING)
    await far.write(rest)
    expect((await done).protocol).toBe('v2')
    expect(memory.held).toBe(0)
  })

  it('is no more, of all who dial us together, than strangers may hold', async () => {
    const budget = createMemoryBudget({ limit: 16_000_000, clock: createVirtualClock() })
    const strangers = Array.from({ length: 8 }, (_, seed) => accepted(budget, seed))
    const ends = strangers.map(({ done }) => done.catch((error: unknown) => error))
    for (const [seed, { far }] of strangers.entries()) await sendUnfinished(far, remote('initiator', seed))
    await expect.poll(() => budget.use().evicted).toBeGreaterThanOrEqual(5)
    expect(budget.use().inbound).toBeLessThanOrEqual(9_000_000)
    for (const { far } of strangers) far.abort(new Error('end of test'))
    for (const end of await Promise.all(ends)) expect(end).toBeInstanceOf(Error)
    expect(budget.use().byPurpose.handshakes).toBe(0)
  })
})
