import type { CancelTimer, Clock, Random } from '@sapwood/transport-v1v2/environment'
import type { LinkFaults, MessageChoice, Strike } from './link-faults.ts'
import { type CutFrame, V1Cutter } from './v1-cutter.ts'

/** What a direction does with what has gone through it. */
export interface DirectionOutput {
  write(bytes: Uint8Array): void
  end(): void
  strike(how: Strike): void
  /** Whether this direction goes on after such a strike. */
  survives(how: Strike): boolean
}

/**
 * One direction of a connection: bytes in, and out again as its faults have it. Nothing of it is a socket.
 */
export class FaultyDirection {
  readonly #faults: LinkFaults
  readonly #clock: Clock
  readonly #random: Random
  readonly #output: DirectionOutput
  readonly #cutter: V1Cutter | undefined
  #limit: Limit
  /** What is under way, in its order, which the timers of a real clock need not keep. */
  readonly #underWay: { readonly at: number; readonly act: () => void }[] = []
  readonly #counts = new Map<MessageChoice, number>()
  #cancel: CancelTimer | undefined
  #portions = 0
  #passed = 0
  #held = 0
  #freeAt = 0
  #swapped: Uint8Array | undefined
  #isStalled = false

  constructor(faults: LinkFaults, magic: Uint8Array, clock: Clock, random: Random, output: DirectionOutput) {
    this.#faults = faults
    this.#limit = limitOf(faults)
    this.#clock = clock
    this.#random = random
    this.#output = output
    this.#cutter = faults.messages === undefined ? undefined : new V1Cutter(magic)
  }

  /** Bytes that have come in and not gone out. */
  get held(): number {
    return this.#held
  }

  /** There is a connection. */
  begin(): void {
    if (this.#limit.bytes === 0) this.#strike()
  }

  receive(chunk: Uint8Array): void {
    if (this.#isStalled) return
    if (this.#cutter === undefined) {
      this.#passLimited(this.#flipped(chunk))
      return
    }
    for (const frame of this.#cutter.cut(chunk)) this.#receiveFrame(frame)
  }

  /** The side that sends is at its end; the other is told behind all that is under way. */
  end(): void {
    if (!this.#isStalled) this.#schedule(0, () => this.#output.end())
  }

  stall(): void {
    this.#isStalled = true
    this.drop()
  }

  /** Forgets what is under way. */
  drop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#underWay.length = 0
  }

  #receiveFrame({ command, bytes }: CutFrame): void {
    const { drop, double, swap } = this.#faults.messages!
    if (this.#isMeant(drop, command)) return
    const whole = this.#flipped(bytes)
    if (this.#swapped === undefined && this.#isMeant(swap, command)) {
      this.#swapped = whole
      return
    }
    this.#passLimited(whole)
    if (this.#isMeant(double, command)) this.#passLimited(whole)
    const swapped = this.#swapped
    this.#swapped = undefined
    if (swapped !== undefined) this.#passLimited(swapped)
  }

  #isMeant(choice: MessageChoice | undefined, command: string | undefined): boolean {
    if (choice === undefined || command === undefined) return false
    if (choice.command !== undefined && choice.command !== command) return false
    const count = (this.#counts.get(choice) ?? 0) + 1
    this.#counts.set(choice, count)
    return choice.nth === undefined || choice.nth === count
  }

  #flipped(bytes: Uint8Array): Uint8Array {
    this.#portions += 1
    if (this.#portions !== this.#faults.flipBitIn) return bytes
    const spoilt = Uint8Array.from(bytes)
    // The end of a message is payload, or its checksum where it has none.
    spoilt[spoilt.length - 1]! ^= 1 << (this.#random.bytes(1)[0]! & 7)
    return spoilt
  }

  #passLimited(bytes: Uint8Array): void {
    const left = this.#limit.bytes - this.#passed
    this.#passed += bytes.length
    if (bytes.length < left) {
      this.#pass(bytes)
      return
    }
    const rest = Math.max(left, 0)
    this.#pass(bytes.subarray(0, rest))
    this.#strike()
    if (!this.#isStalled) this.#pass(bytes.subarray(rest))
  }

  /** Behind all that is under way. */
  #strike(): void {
    const { how } = this.#limit
    this.#limit = UNLIMITED
    this.#isStalled = how === undefined || !this.#output.survives(how)
    if (how !== undefined) this.#schedule(0, () => this.#output.strike(how))
  }

  #pass(bytes: Uint8Array): void {
    const { slice = Infinity } = this.#faults
    for (let offset = 0; offset < bytes.length; offset += slice) {
      const portion = bytes.subarray(offset, Math.min(offset + slice, bytes.length))
      this.#held += portion.length
      this.#schedule(portion.length, () => {
        this.#held -= portion.length
        this.#output.write(portion)
      })
    }
  }

  #schedule(length: number, act: () => void): void {
    const { latency = 0, jitter = 0, bandwidth = Infinity } = this.#faults
    if (latency === 0 && jitter === 0 && bandwidth === Infinity && this.#underWay.length === 0) {
      act()
      return
    }
    const now = this.#clock.now()
    const drawn =
      jitter === 0 ? 0 : (new DataView(this.#random.bytes(4).buffer).getUint32(0) / 2 ** 32) * jitter
    this.#freeAt = Math.max(now + latency + drawn, this.#freeAt) + length / bandwidth
    this.#underWay.push({ at: this.#freeAt, act })
    this.#arm()
  }

  #arm(): void {
    const [next] = this.#underWay
    if (next === undefined || this.#cancel !== undefined) return
    this.#cancel = this.#clock.setTimer(Math.max(0, next.at - this.#clock.now()), () => {
      this.#cancel = undefined
      const now = this.#clock.now()
      // A timer may be early by a fraction of a millisecond; the first is due, whatever the clock says.
      do this.#underWay.shift()!.act()
      while (this.#underWay[0] !== undefined && this.#underWay[0].at <= now)
      this.#arm()
    })
  }
}

/** Bytes that get through, and what comes then; nothing but silence where that is undefined. */
interface Limit {
  readonly bytes: number
  readonly how?: Strike
}

const UNLIMITED: Limit = { bytes: Infinity }

/** The first of the limits that are set. */
function limitOf({ stallAfter, resetAfter, endAfter, strikeAfter }: LinkFaults): Limit {
  const limits: readonly Limit[] = [
    ...(stallAfter === undefined ? [] : [{ bytes: stallAfter }]),
    ...(resetAfter === undefined ? [] : [{ bytes: resetAfter, how: 'reset' as const }]),
    ...(endAfter === undefined ? [] : [{ bytes: endAfter, how: 'end' as const }]),
    ...(strikeAfter === undefined ? [] : [strikeAfter]),
  ]
  return limits.reduce((first, limit) => (limit.bytes < first.bytes ? limit : first), UNLIMITED)
}
