/**
 * Pings, and what a silence means (BIP31).
 * https://github.com/bitcoin/bips/blob/master/bip-0031.mediawiki
 * @module
 */

import { type Instant, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'

/** Core: `PING_INTERVAL`. */
export const PING_INTERVAL: number = 2 * MINUTE
/** Core: `TIMEOUT_INTERVAL`, for a pong, and for silence in either direction. */
export const INACTIVITY_TIMEOUT: number = 20 * MINUTE
/** Weight of a new round trip in the average. */
const AVERAGE_WEIGHT = 0.125

export interface KeepAliveOptions {
  readonly pingInterval: number
  readonly pong: number
  readonly inactivity: number
}

export type KeepAliveFailure =
  | { readonly code: 'ping-timeout'; readonly timeout: number }
  | { readonly code: 'inactive'; readonly direction: 'receive' | 'send'; readonly timeout: number }

interface Ping {
  readonly nonce: bigint
  readonly sentAt: Instant
}

/** A ping of its own is also a test of life. */
interface OwnPing extends Ping {
  deadline: number
}

/**
 * When to ping, what a pong means, and when silence has lasted too long. Time during which we ourselves did
 * not read is not held against the remote.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions
  readonly #random: Random
  #own: OwnPing | undefined
  /** Pings that the owner asked for, by nonce. */
  #asked: Map<bigint, Ping> | undefined
  #nextPingAt: number
  #lastReceive: number
  #sendProgressAt: number
  #lastSentBytes = 0
  pingTime: number | undefined
  minimumPing: number | undefined
  averagePing: number | undefined

  constructor(options: KeepAliveOptions, random: Random, now: Instant) {
    this.#options = options
    this.#random = random
    this.#nextPingAt = Number.POSITIVE_INFINITY
    this.#lastReceive = now
    this.#sendProgressAt = now
  }

  /** The handshake is done: the first ping is due at once, as in Core. */
  start(now: Instant): void {
    if (this.#options.pingInterval > 0) this.#nextPingAt = now
  }

  /** Something was read at `at`, which may be long ago by the time that it is looked at. */
  received(at: Instant): void {
    this.#lastReceive = Math.max(this.#lastReceive, at)
  }

  /** We did not read, or run, for a while: deadlines move by as much. */
  excuse(milliseconds: number): void {
    this.#lastReceive += milliseconds
    this.#sendProgressAt += milliseconds
    if (this.#own !== undefined) this.#own.deadline += milliseconds
  }

  /** A nonce for a ping of its own when one is due. */
  duePing(now: Instant): bigint | undefined {
    if (this.#own !== undefined || now < this.#nextPingAt) return undefined
    this.#own = { nonce: this.#nonce(), sentAt: now, deadline: now + this.#options.pong }
    this.#nextPingAt = now + this.#options.pingInterval
    return this.#own.nonce
  }

  /** A ping that the owner asked for. */
  ask(now: Instant): bigint {
    const ping: Ping = { nonce: this.#nonce(), sentAt: now }
    this.#asked ??= new Map()
    this.#asked.set(ping.nonce, ping)
    return ping.nonce
  }

  /** The owner gave up on one. */
  forget(nonce: bigint): void {
    this.#asked?.delete(nonce)
  }

  /**
   * A pong. Core's rules: the nonce of a ping under way answers it; another nonce is ignored; zero, or none,
   * cancels the ping (the remote answers an older ping wrongly, or is broken: it is alive either way).
   * @returns The round trip, where it answers a ping.
   */
  pong(
    nonce: bigint | undefined,
    at: Instant,
  ): { readonly nonce: bigint; readonly roundTrip: number } | undefined {
    if (nonce === undefined || nonce === 0n) {
      this.#own = undefined
      return undefined
    }
    const asked = this.#asked?.get(nonce)
    const ping = asked ?? (this.#own?.nonce === nonce ? this.#own : undefined)
    if (ping === undefined) return undefined
    if (asked === undefined) this.#own = undefined
    else this.#asked?.delete(nonce)
    const roundTrip = Math.max(0, at - ping.sentAt)
    this.#measured(roundTrip)
    return { nonce, roundTrip }
  }

  /** Whether a pong with this nonce would answer a ping. */
  awaits(nonce: bigint | undefined): boolean {
    return nonce !== undefined && (this.#own?.nonce === nonce || this.#asked?.has(nonce) === true)
  }

  /** Time since the ping under way was sent. */
  pingWait(now: Instant): number | undefined {
    return this.#own && now - this.#own.sentAt
  }

  /** What has failed by now. `sentBytes` have left this side so far; `queuedBytes` wait. */
  check(now: Instant, sentBytes: number, queuedBytes: number): KeepAliveFailure | undefined {
    const { pong, inactivity } = this.#options
    if (sentBytes !== this.#lastSentBytes || queuedBytes === 0) this.#sendProgressAt = now
    this.#lastSentBytes = sentBytes
    if (this.#own !== undefined && now >= this.#own.deadline) return { code: 'ping-timeout', timeout: pong }
    if (now - this.#lastReceive >= inactivity) {
      return { code: 'inactive', direction: 'receive', timeout: inactivity }
    }
    if (now - this.#sendProgressAt >= inactivity) {
      return { code: 'inactive', direction: 'send', timeout: inactivity }
    }
    return undefined
  }

  /** When `duePing` or `check` next has something to say. */
  nextDeadline(): number {
    const { inactivity } = this.#options
    return Math.min(
      this.#own === undefined ? this.#nextPingAt : this.#own.deadline,
      this.#lastReceive + inactivity,
      this.#sendProgressAt + inactivity,
    )
  }

  #measured(roundTrip: number): void {
    this.pingTime = roundTrip
    this.minimumPing = Math.min(this.minimumPing ?? roundTrip, roundTrip)
    this.averagePing =
      this.averagePing === undefined
        ? roundTrip
        : this.averagePing + AVERAGE_WEIGHT * (roundTrip - this.averagePing)
  }

  /** Never zero: a zero nonce in a pong means something else. */
  #nonce(): bigint {
    const bytes = this.#random.bytes(8)
    const nonce = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
    return nonce === 0n ? 1n : nonce
  }
}
