import {
  type Block,
  type BlockHash,
  HEADER_SIZE,
  InventoryType,
  MAX_BLOCKS_IN_TRANSIT_PER_PEER,
  sha256d,
} from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { AskedBy } from './asked-by.ts'
import { hashKey } from './hash-key.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyStream } from './reply-stream.ts'
import type { ParametersOf, RawBlock, ReceivedBlock } from '../contract/request-map.ts'
import type { RequestOutput } from './request-output.ts'
import { InFlight, type Want } from './in-flight.ts'

/** One stream's claim on one block. */
interface BlockWant extends Want {
  readonly hash: BlockHash
  readonly decoded: boolean
  readonly deliver: (raw: RawBlock, block: Block | undefined) => void
  readonly notFound: () => void
  readonly malformed: (error: unknown) => void
}

/** A block that has arrived, before its transactions are looked at. */
export interface ArrivedBlock {
  readonly hash: BlockHash
  readonly payload: Uint8Array
  /** Whether any request waits for it, and whether any of those wants it decoded. */
  readonly wanted: boolean
  readonly decode: boolean
  readonly askedBy: AskedBy
}

/** `getdata` for blocks, and the `block` or `notfound` that answers each entry. */
export class BlockRequests {
  readonly #output: RequestOutput
  readonly #now: () => Instant
  readonly #inFlight: InFlight<BlockWant>

  constructor(output: RequestOutput, now: () => Instant) {
    this.#output = output
    this.#inFlight = new InFlight(output, 'block')
    this.#now = now
  }

  create(parameters: ParametersOf<'getBlocks'>, facts: PendingFacts): ReplyStream<ReceivedBlock> {
    return this.#stream<ReceivedBlock>(parameters, facts, true, ({ hash, at }, block) =>
      block === undefined ? undefined : { hash, block, at },
    )
  }

  createRaw(parameters: ParametersOf<'getRawBlocks'>, facts: PendingFacts): ReplyStream<RawBlock> {
    return this.#stream<RawBlock>(parameters, facts, false, (raw) => raw)
  }

  /** Hashes of the blocks asked for and not yet received. */
  inFlight(): BlockHash[] {
    return this.#inFlight.firsts().map(({ hash }) => hash)
  }

  /**
   * Names the block that a payload claims to be, and says who asked for it. A payload too short for a header
   * has no hash, and is not wanted.
   */
  arrive(payload: Uint8Array): ArrivedBlock {
    const hash = sha256d(payload.subarray(0, HEADER_SIZE)) as BlockHash
    const wants = payload.length < HEADER_SIZE ? undefined : this.#inFlight.of(hash)
    const wanted = wants !== undefined
    const expected = this.#output.expectations.take('block', hash)
    return {
      hash,
      payload,
      wanted,
      decode: wants?.some((want) => want.decoded) === true,
      // One that was given up and is asked for again is the answer to the request that is open.
      askedBy: wanted && expected !== 'owner' ? 'request' : (expected ?? 'none'),
    }
  }

  /** Hands a wanted block to all that wait for it. */
  deliver({ hash, payload }: ArrivedBlock, block: Block | undefined, at: Instant): void {
    for (const want of this.#inFlight.take(hash)) want.deliver({ hash, payload, at }, block)
  }

  malformed({ hash }: ArrivedBlock, error: unknown): void {
    for (const want of this.#inFlight.take(hash)) want.malformed(error)
  }

  notFound(hash: Uint8Array): boolean {
    const wants = this.#inFlight.take(hash)
    for (const want of wants) want.notFound()
    return wants.length > 0
  }

  #stream<T>(
    { hashes, witness = true, window = MAX_BLOCKS_IN_TRANSIT_PER_PEER }: ParametersOf<'getBlocks'>,
    facts: PendingFacts,
    decoded: boolean,
    select: (raw: RawBlock, block: Block | undefined) => T | undefined,
  ): ReplyStream<T> {
    const wanted = [...new Map(hashes.map((hash) => [hashKey(hash), hash])).values()]
    const type = witness ? InventoryType.WITNESS_BLOCK : InventoryType.BLOCK
    const inFlight = new Map<string, BlockWant>()
    const missing: BlockHash[] = []
    let next = 0
    let begun = false

    const settle = (hash: BlockHash): void => {
      inFlight.delete(hashKey(hash))
      fill()
      if (inFlight.size === 0 && next === wanted.length) stream.finishWith(missing)
    }
    const fill = (): void => {
      if (!begun || stream.ended) return
      // Asking when half the window is free keeps the pipe full with few messages.
      if (inFlight.size + stream.buffered <= window >> 1) {
        const wants: BlockWant[] = []
        while (next < wanted.length && inFlight.size + stream.buffered < window) {
          const hash = wanted[next]!
          next += 1
          const want: BlockWant = {
            entry: { type, hash },
            hash,
            decoded,
            deliver: (raw, block) => {
              const value = select(raw, block)
              if (value !== undefined) stream.push(value)
              settle(hash)
            },
            notFound: () => {
              missing.push(hash)
              settle(hash)
            },
            malformed: (cause) => {
              stream.fail(
                'malformed',
                stream.error('malformed-reply', 'a block does not decode', { cause, missing: [hash] }),
              )
            },
          }
          inFlight.set(hashKey(hash), want)
          wants.push(want)
        }
        this.#inFlight.ask(wants)
      }
      stream.deadline = inFlight.size === 0 ? Number.POSITIVE_INFINITY : this.#now() + facts.timeout
    }
    const stream = new ReplyStream<T>(
      facts,
      {
        begin: () => {
          begun = true
          fill()
          if (wanted.length === 0) stream.finish()
        },
        end: () => {
          this.#inFlight.withdraw(inFlight.values())
        },
        describeMissing: () => [
          ...missing,
          ...[...inFlight.values()].map((want) => want.hash),
          ...wanted.slice(next),
        ],
      },
      { onTake: fill },
    )
    return stream
  }
}
