import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { Instant } from '../environment/clock.ts'
import { cryptoBackend } from '../crypto/backend-in-force.ts'
import { type TurnScheduler, unhurriedScheduler } from '../environment/turn-scheduler.ts'
import { streamPair } from '../stream/stream-pair.ts'
import { settleMicrotasks } from '../testing/default-settle.ts'
import { createSeededRandom, createVirtualClock } from '../testing/index.ts'
import { createEphemeralKey } from '../v2/keys/ephemeral-key.ts'
import { accept } from './accept.ts'
import { connect } from './connect.ts'
import { createHandshakeGate } from './handshake-gate.ts'

const peerAddress = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18_444 } as const
const signal = new AbortController().signal

/** Lets whoever was let in hear of it. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('the handshake gate', () => {
  it('lets few in at once, and then as many as its rate', async () => {
    const clock = createVirtualClock()
    const gate = createHandshakeGate({ perSecond: 50 }, { clock })
    let admitted = 0
    for (let index = 0; index < 114; index++) void gate.enter(signal).then(() => (admitted += 1))
    await clock.advance(0)
    expect(admitted).toBeLessThanOrEqual(4)
    await clock.advance(1_000)
    expect(admitted).toBeGreaterThanOrEqual(50)
    expect(admitted).toBeLessThanOrEqual(54)
    await clock.advance(2_000)
    expect(admitted).toBe(114)
    expect(gate.waiting).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('lets fewer in where a handshake costs more than its part of the time', async () => {
    const clock = createVirtualClock()
    const gate = createHandshakeGate({ perSecond: 400 }, { clock })
    const admittedIn = async (milliseconds: number): Promise<number> => {
      const controller = new AbortController()
      let admitted = 0
      const waiting = Array.from({ length: 1_000 }, () =>
        gate.enter(controller.signal).then(
          () => (admitted += 1),
          () => undefined,
        ),
      )
      await clock.advance(milliseconds)
      controller.abort(new Error('enough'))
      await Promise.all(waiting)
      return admitted
    }
    // Nothing is known yet: as slow as the slowest backend.
    expect(await admittedIn(1_000)).toBeLessThanOrEqual(54)
    for (let done = 0; done < 200; done++) gate.spent(0.4)
    const fast = await admittedIn(1_000)
    expect(fast).toBeGreaterThanOrEqual(390)
    expect(fast).toBeLessThanOrEqual(420)
    for (let done = 0; done < 200; done++) gate.spent(2)
    expect(await admittedIn(1_000)).toBeLessThanOrEqual(130)
    // What is no time is none.
    for (const wrong of [Number.NaN, -1e6, Number.NEGATIVE_INFINITY]) gate.spent(wrong)
    expect(await admittedIn(1_000)).toBeLessThanOrEqual(130)
    // What a remote made of it, by decoys, is not held against others.
    for (let done = 0; done < 200; done++) gate.spent(10_000)
    expect(await admittedIn(1_000)).toBeGreaterThanOrEqual(48)
  })

  it('has whoever was due come in at once after the loop was busy', async () => {
    let now = 1_000_000
    let fire = (): void => undefined
    const clock = {
      ...createVirtualClock(),
      now: () => now as Instant,
      setTimer: (_: number, callback: () => void) => {
        fire = callback
        return () => undefined
      },
    }
    const gate = createHandshakeGate({ perSecond: 100 }, { clock })
    for (let done = 0; done < 200; done++) gate.spent(0.4)
    let admitted = 0
    for (let index = 0; index < 100; index++) void gate.enter(signal).then(() => (admitted += 1))
    now += 10
    fire()
    await settled()
    const before = admitted
    now += 100
    fire()
    await settled()
    expect(admitted - before).toBe(10)
    // Not more than a turn's work.
    now += 10_000
    fire()
    await settled()
    expect(admitted - before).toBe(26)
  })

  it('is told what the handshakes of accept took', async () => {
    const clock = createVirtualClock()
    const random = createSeededRandom(1)
    let now = 0
    const timed = { ...clock, now: () => (now += 1) as Instant }
    const spent: number[] = []
    const gate = { enter: () => Promise.resolve(), spent: (each: number) => spent.push(each), waiting: 0 }
    const dial = async (): Promise<void> => {
      const [near, far] = streamPair()
      const accepted = accept(near, { network: regtest, gate }, { clock: timed, random })
      const dialer = { dial: () => Promise.resolve(far) }
      await connect(peerAddress, { network: regtest, dialer }, { clock, random })
      await accepted
    }
    await dial()
    expect(spent).toHaveLength(1)
    expect(spent[0]).toBeGreaterThanOrEqual(2)
    // One that does not come to its end would look cheap.
    const [near, far] = streamPair()
    void far.write(new Uint8Array(64).fill(7)).then(() => far.abort(new Error('gone')))
    await expect(accept(near, { network: regtest, gate }, { clock: timed, random })).rejects.toThrow()
    expect(spent).toHaveLength(1)
  })

  it('leaves no timer behind those who wait no longer, and lets in whoever comes after them', async () => {
    const clock = createVirtualClock()
    const gate = createHandshakeGate({ perSecond: 50 }, { clock })
    const controller = new AbortController()
    const waiting = Array.from({ length: 20 }, () => gate.enter(controller.signal).catch(() => 'left'))
    await clock.advance(0)
    controller.abort(new Error('stopped'))
    expect(clock.pendingTimers).toBe(0)
    expect(await Promise.all(waiting)).toContain('left')
    const next = gate.enter(signal)
    await clock.advance(20)
    await next
    expect(clock.pendingTimers).toBe(0)
  })

  it('lets fewer in while strangers have had their share of the work', async () => {
    const clock = createVirtualClock()
    const scheduler = { strangersPause: 0 }
    const gate = createHandshakeGate({ perSecond: 50 }, { clock, scheduler })
    let admitted = 0
    for (let index = 0; index < 114; index++) void gate.enter(signal).then(() => (admitted += 1))
    scheduler.strangersPause = 100
    await clock.advance(2_000)
    expect(admitted).toBeGreaterThanOrEqual(20)
    expect(admitted).toBeLessThanOrEqual(25)
    scheduler.strangersPause = 0
    await clock.advance(2_000)
    expect(admitted).toBe(114)
  })

  /** A handshake that is accepted, with what its lane was asked for; its turn comes when it is taken. */
  function acceptByTurns(options: { readonly decoys: readonly number[]; readonly abort?: AbortSignal }) {
    const clock = createVirtualClock()
    const random = createSeededRandom(1)
    const done = { pieces: 0, charged: 0, waits: 0 }
    let takeTurn = (): void => undefined
    const turn = new Promise<void>((resolve) => (takeTurn = resolve))
    const scheduler: TurnScheduler = {
      ...unhurriedScheduler,
      lane: (kind, whose) => ({
        ...unhurriedScheduler.lane(kind, whose),
        leave: () => (done.pieces += kind === 'stranger' ? 1 : 0),
        charge: (milliseconds) => (done.charged += milliseconds),
        due: () => {
          done.waits += 1
          return turn
        },
      }),
    }
    const [near, far] = streamPair()
    const accepted = accept(
      near,
      { network: regtest, ...(options.abort !== undefined && { signal: options.abort }) },
      { clock, random, scheduler },
    )
    const connected = connect(
      peerAddress,
      { network: regtest, handshakeDecoys: options.decoys, dialer: { dial: () => Promise.resolve(far) } },
      { clock, random },
    )
    connected.catch(() => undefined)
    return { accepted, connected, done, takeTurn: () => takeTurn() }
  }

  it('has the work of a handshake count as that of a stranger, and an honest one wait for nothing', async () => {
    const { accepted, connected, done } = acceptByTurns({ decoys: [100] })
    await Promise.all([accepted, connected])
    expect(done.waits).toBe(0)
    // The key, the exchange of keys, and what the remote's version packet is.
    expect(done.pieces).toBeGreaterThanOrEqual(3)
    expect(done.charged).toBeGreaterThan(0)
  })

  it('has one of many bytes go on in its turns', async () => {
    const { accepted, connected, done, takeTurn } = acceptByTurns({ decoys: [20_000] })
    let isAccepted = false
    void accepted.then(() => (isAccepted = true))
    while (done.waits === 0) await settleMicrotasks()
    await settleMicrotasks()
    expect(isAccepted).toBe(false)
    const { pieces } = done
    takeTurn()
    await Promise.all([accepted, connected])
    expect(done.pieces).toBeGreaterThan(pieces)
  })

  it('has nothing done in a turn that comes after the end', async () => {
    const abort = new AbortController()
    const { accepted, done, takeTurn } = acceptByTurns({ decoys: [20_000], abort: abort.signal })
    while (done.waits === 0) await settleMicrotasks()
    abort.abort(new Error('gone'))
    await expect(accepted).rejects.toThrow('gone')
    const { pieces } = done
    takeTurn()
    await settleMicrotasks()
    expect(done.pieces).toBe(pieces)
  })

  it('does not let a pause be saved up', async () => {
    const clock = createVirtualClock()
    const gate = createHandshakeGate({ perSecond: 50 }, { clock })
    await clock.advance(60_000)
    let admitted = 0
    for (let index = 0; index < 50; index++) void gate.enter(signal).then(() => (admitted += 1))
    await clock.advance(0)
    expect(admitted).toBeLessThanOrEqual(4)
  })

  it('gives the place of one that has gone to the next', async () => {
    const clock = createVirtualClock()
    const gate = createHandshakeGate({ perSecond: 1 }, { clock })
    for (let index = 0; index < 4; index++) await gate.enter(signal)
    const abort = new AbortController()
    const first = gate.enter(abort.signal)
    const second = gate.enter(signal)
    abort.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    await clock.advance(1_000)
    await second
    await expect(gate.enter(abort.signal)).rejects.toThrow('gone')
  })

  it('has no key made for whoever waits, and none for v1', async () => {
    const clock = createVirtualClock()
    const random = createSeededRandom(1)
    const gate = createHandshakeGate({ perSecond: 1 }, { clock })
    let made = 0
    const keys = {
      next: () => {
        made += 1
        return createEphemeralKey(cryptoBackend(), random)
      },
    }
    const strangers = Array.from({ length: 10 }, () => {
      const [near, far] = streamPair()
      void far.write(new Uint8Array(64).fill(7))
      return accept(near, { network: regtest, gate, timeout: 5_000 }, { clock, random, keys })
    })
    for (const stranger of strangers) stranger.catch(() => undefined)
    await clock.advance(0)
    expect(made).toBe(4)
    await clock.advance(2_000)
    expect(made).toBe(6)
    await clock.advance(3_000)
    await Promise.all(strangers.map((each) => expect(each).rejects.toMatchObject({ code: 'timeout' })))
    expect(gate.waiting).toBe(0)
  })
})
