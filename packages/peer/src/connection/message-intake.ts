import type { Contents } from '@sapwood/wire-codec'
import type { Transport } from '@sapwood/transport-v1v2'
import type { Clock, Instant, MemoryAccount, TurnLane } from '@sapwood/transport-v1v2/environment'
import { createChannel } from '../channel/bounded-channel.ts'
import { MessageActor } from '../channel/message-actor.ts'
import { MESSAGE_OVERHEAD, type ReaderMessage } from '../channel/reader-message.ts'
import type { Channel } from '../contract/channel.ts'
import type { BackPressure } from './back-pressure.ts'

/**
 * Bytes read and not handled from which on nothing more is read: two of the chunks that a socket gives at
 * once would do, and a block passes whole.
 */
const MAX_UNHANDLED_BYTES = 262_144
/** Read batches held: by their bytes there are never as many. */
const READER_QUEUE = 4_096
/** Messages handled between two looks at the time. */
const MESSAGES_PER_LOOK = 8

/** How reading has ended. */
export type EndOfReading = Exclude<ReaderMessage, { type: 'messages' }>

/** Who handles what is taken in. */
export interface IntakeTarget {
  readonly take: (command: string, payload: Uint8Array, at: Instant) => void
  /** All that was read at once has been handled. */
  readonly batchTaken: () => void
  readonly ended: (end: EndOfReading) => void
}

/**
 * The way in: takes what the actor passes on, and stands still while the owner or the remote does not keep
 * up.
 */
export class MessageIntake {
  readonly #channel: Channel<ReaderMessage>
  readonly #memory: MemoryAccount
  readonly #lane: TurnLane
  readonly #backPressure: BackPressure
  readonly #target: IntakeTarget
  #closed = false

  /** @param maxUnhandledBytes Default: 262,144. */
  constructor(
    memory: MemoryAccount,
    lane: TurnLane,
    backPressure: BackPressure,
    target: IntakeTarget,
    maxUnhandledBytes: number = MAX_UNHANDLED_BYTES,
  ) {
    this.#memory = memory
    this.#lane = lane
    this.#backPressure = backPressure
    this.#target = target
    this.#channel = createChannel(READER_QUEUE, {
      of: (message) => (message.type === 'messages' ? message.bytes : 0),
      limit: maxUnhandledBytes,
    })
  }

  start({ reader }: Transport, clock: Clock, signal: AbortSignal): void {
    void new MessageActor(reader, this.#channel, clock, signal, this.#memory).run()
    void this.#run()
  }

  /** The connection has ended: nothing more is taken. */
  close(): void {
    this.#closed = true
    this.#channel.close()
  }

  async #run(): Promise<void> {
    while (await this.#takeBatch()) {
      // A function of its own: what it has handled is not kept while the next is waited for.
    }
  }

  /** @returns whether more may follow. */
  async #takeBatch(): Promise<boolean> {
    if (this.#channel.size === 0) this.#backPressure.caughtUp()
    let batch = await this.#channel.receive()
    if (batch === undefined || this.#closed) return false
    this.#lane.enter()
    if (batch.type !== 'messages') {
      this.#target.ended(batch)
      return false
    }
    const { at } = batch
    // What has been handled is not kept while something is waited for: of many who rest for seconds each
    // would keep its last message, which nobody counts any more. The first is the last here, so that to let
    // go of one costs the same however many are left.
    const left = [...batch.messages].reverse()
    batch = undefined
    // Here and not after it: who has nothing more at hand waits for no turn.
    const turn = this.#lane.due()
    if (turn !== undefined) {
      await turn
      if (this.#over()) return false
    }
    for (;;) {
      const { bytes, wait } = this.#takeUntilWait(left, at)
      if (this.#over()) return false
      // What is kept of it for longer is counted by whoever keeps it.
      this.#memory.give('reading', bytes)
      if (wait === undefined) break
      this.#lane.rest()
      // Behind one thing that is waited for there may be another: after an owner that was behind, a share
      // that is used up.
      for (let next: Promise<void> | undefined = wait; next !== undefined; next = this.#backPressure.next()) {
        await next
        if (this.#over()) return false
      }
      this.#lane.enter()
    }
    this.#target.batchTaken()
    // Many batches that nothing was waited for between would count as one large piece of work.
    this.#lane.leave()
    return true
  }

  /**
   * Handles messages, from the last to the first, until something has to be waited for. The time is looked at
   * by how many are left, and so however often something is waited for.
   */
  #takeUntilWait(
    left: Contents[],
    at: Instant,
  ): { readonly bytes: number; readonly wait?: Promise<void> | undefined } {
    let bytes = 0
    for (;;) {
      const message = left.pop()
      if (message === undefined) return { bytes }
      this.#target.take(message.command, message.payload, at)
      bytes += message.payload.length + MESSAGE_OVERHEAD
      if (this.#closed) return { bytes }
      const wait =
        this.#backPressure.next() ??
        (left.length > 0 && left.length % MESSAGES_PER_LOOK === 0 ? this.#lane.due() : undefined)
      if (wait !== undefined) return { bytes, wait }
    }
  }

  #over(): boolean {
    return this.#closed
  }
}
