import { type Clock, withDeadline } from '@sapwood/transport-v1v2/environment'
import { type Ability, type Driver, DriverError, isDriverError } from './driver.ts'

/** Longest that a driver may take for one thing by default, in milliseconds. */
const DRIVER_TIMEOUT = 30_000
/** A hash or a transaction's id, in text form. */
const HASH = /^[0-9a-f]{64}$/

const METHODS = { mine: 'mine', time: 'setTime', pay: 'pay' } as const

export interface AskedDriverOptions {
  readonly clock: Clock
  /** Milliseconds. Default: 30,000. */
  readonly timeout?: number
}

/**
 * A driver that is not trusted: what it is asked has a deadline, what it answers is looked at, and one that
 * hung or talked rubbish is asked nothing more. Whatever it throws comes out as a {@link DriverError}.
 */
export class AskedDriver {
  readonly #driver: Driver
  readonly #options: AskedDriverOptions
  #broken: DriverError | undefined
  /** The target's time, in seconds since 1970; undefined while it is the machine's. */
  #time: number | undefined

  constructor(driver: Driver, options: AskedDriverOptions) {
    this.#driver = driver
    this.#options = options
  }

  can(ability: Ability): boolean {
    return this.#driver[METHODS[ability]] !== undefined
  }

  async mine(count: number): Promise<readonly string[]> {
    const hashes: unknown = await this.#ask('mine', () => this.#driver.mine!(count))
    if (Array.isArray(hashes) && hashes.length === count && hashes.every(isHash)) return hashes
    throw this.#give('bad-answer', `mine: not the hashes of ${count} blocks`)
  }

  /**
   * Brings the target's time forward. It stands still from then on, but for the next step: what a node does
   * at a time that was drawn before would not come for long were it set back.
   */
  async advance(seconds: number): Promise<void> {
    const now = Math.floor(this.#options.clock.wallTime() / 1_000)
    const time = Math.max(now, this.#time ?? 0) + seconds
    await this.#ask('time', () => this.#driver.setTime!(time))
    this.#time = time
  }

  async pay(script: Uint8Array, satoshi: bigint): Promise<string> {
    const id: unknown = await this.#ask('pay', () => this.#driver.pay!(script, satoshi))
    if (isHash(id)) return id
    throw this.#give('bad-answer', "pay: not a transaction's id")
  }

  /** Gives the target its time back, and lets the driver go. @throws DriverError */
  async close(): Promise<void> {
    try {
      if (this.#time !== undefined && this.#broken === undefined) {
        await this.#ask('time', () => this.#driver.setTime!(0))
      }
    } finally {
      if (this.#driver.close !== undefined) await this.#ask('close', () => this.#driver.close!(), true)
    }
  }

  async #ask<T>(what: Ability | 'close', work: () => Promise<T>, isLast = false): Promise<T> {
    if (this.#broken !== undefined && !isLast) {
      throw new DriverError(
        this.#broken.code,
        `nothing is asked of the driver since: ${this.#broken.message}`,
      )
    }
    const { clock, timeout = DRIVER_TIMEOUT } = this.#options
    const late = new DriverError('timeout', `${what}: no answer of the driver within ${timeout} ms`)
    try {
      // Of a module it may throw at once.
      return await withDeadline(clock, timeout, async () => await work(), { reason: () => late })
    } catch (error) {
      if (error === late) throw this.#give('timeout', late.message)
      if (isDriverError(error) && error.code === 'refused') throw error
      if (isDriverError(error)) throw this.#give(error.code, error.message)
      const why = error instanceof Error ? error.message : String(error)
      throw new DriverError('refused', `${what}: ${why}`, { cause: error })
    }
  }

  #give(code: DriverError['code'], message: string): DriverError {
    this.#broken ??= new DriverError(code, message)
    return this.#broken
  }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}
