import type { RecordContent } from '../records/published-message.ts'

/** Memory that a record counts for beside its payload, bytes. */
const RECORD_BYTES = 512

/** What was told and is not acknowledged yet: nothing of it can be had a second time. */
export class Outbox {
  /** Records that were left out so far, since there was no room. */
  dropped = 0
  /** Bytes that are held, those under way included. */
  bytes = 0
  readonly #limit: number
  #waiting: RecordContent[] = []
  #head = 0
  /** Under way, each with the sequence of its last message. */
  #underWay: { readonly record: RecordContent; readonly sequence: number }[] = []
  #untold = 0

  /** @param limit Bytes that are held at most. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Records that are held. */
  get size(): number {
    return this.#waiting.length - this.#head + this.#underWay.length
  }

  /** Whether there is something to be sent. */
  get hasMore(): boolean {
    return this.#head < this.#waiting.length || this.#untold > 0
  }

  /** Holds a record; the oldest that are not under way make room for it. @returns how many did. */
  push(record: RecordContent): number {
    this.#waiting.push(record)
    this.bytes += costOf(record)
    let dropped = 0
    while (this.bytes > this.#limit && this.#head < this.#waiting.length) {
      this.bytes -= costOf(this.#shift())
      dropped += 1
    }
    this.#untold += dropped
    this.dropped += dropped
    return dropped
  }

  /** The next record; first of all that some were left out, where that has not been said. */
  take(): RecordContent | undefined {
    if (this.#untold > 0) {
      const payload = new TextEncoder().encode(JSON.stringify({ records: this.#untold }))
      const record: RecordContent = { kind: 'dropped', facts: {}, payload }
      this.#untold = 0
      this.bytes += costOf(record)
      return record
    }
    return this.#head < this.#waiting.length ? this.#shift() : undefined
  }

  /** A record that was taken is under way. @param sequence of its last message. */
  sent(record: RecordContent, sequence: number): void {
    this.#underWay.push({ record, sequence })
  }

  /** What is under way up to a sequence has arrived; the rest has not, and is sent again. */
  settle(acknowledged: number): void {
    const lost: RecordContent[] = []
    for (const { record, sequence } of this.#underWay) {
      if (sequence <= acknowledged) this.bytes -= costOf(record)
      else lost.push(record)
    }
    this.#underWay = []
    if (lost.length === 0) return
    this.#waiting = [...lost, ...this.#waiting.slice(this.#head)]
    this.#head = 0
  }

  #shift(): RecordContent {
    const record = this.#waiting[this.#head]!
    this.#head += 1
    // What has gone is not kept, and what is left moves up seldom.
    if (this.#head >= COMPACT_AT && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    return record
  }
}

/** Places of records that have gone before the others move up. */
const COMPACT_AT = 64

function costOf({ payload }: RecordContent): number {
  return payload.length + RECORD_BYTES
}
