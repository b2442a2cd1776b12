import type { UtreexoProof } from '@sapwood/wire-codec'
import { blockChanges, isUtreexoError, type UtreexoError } from '@sapwood/utreexo'
import type { PeerId } from '@sapwood/peer'
import { WakeUp } from '@sapwood/transport-v1v2/environment'
import type { BlockStreamItem } from '../blocks/block-stream-item.ts'
import type { DeliveredBlock } from '../blocks/block-download-action.ts'
import type { TipChange } from '../chain/chain-entry.ts'
import { hashesSize } from './hashes-size.ts'
import { NOBODY_ANSWERED, type ProofFetcher, type ReceivedProof } from './proof-fetcher.ts'

/** Blocks whose proofs are asked for at a time, unless told otherwise. */
const DEFAULT_PROOF_WINDOW = 64
/** Bytes of blocks that wait for their turn, and as many of their proofs, which are about as large. */
const MAX_WAITING_BYTES = 16_000_000
/** A full window is filled by as many parts: asked for one by one, small proofs cost more in messages. */
const REFILLS = 8
/** Bytes of a target, and of what is fixed of a leaf, at most. */
const TARGET_SIZE = 9
const LEAF_SIZE = 16

/** A block with what is needed to prove it. */
export interface BlockToProve {
  readonly type: 'block'
  readonly block: DeliveredBlock
  /** Inputs to prove. */
  readonly inputs: number
  /** Who has proved to be no help with it. */
  readonly refused: Set<PeerId>
  /** The proof, from nobody where none is needed; or what is wrong with the block whatever the proof. */
  readonly answer: { readonly proof: UtreexoProof; readonly from?: PeerId } | { readonly fault: UtreexoError }
}

export type WindowItem = BlockToProve | { readonly type: 'reorg'; readonly change: TipChange }

/** A block that waits for its turn. */
interface Waiting {
  readonly block: DeliveredBlock
  readonly inputs: number
  readonly refused: Set<PeerId>
  readonly abort: AbortController
  readonly fault?: UtreexoError
  /** Of nothing where there was no room for it when it came: it is asked for again in its turn. */
  proof: Promise<ReceivedProof | undefined> | undefined
  /** Bytes of it that are kept. */
  proofBytes: number
}

/**
 * Blocks in order, each with its proof: those of the next blocks are asked for while it is waited for one.
 */
export class ProofWindow {
  readonly #blocks: AsyncIterator<BlockStreamItem>
  readonly #fetcher: Pick<ProofFetcher, 'fetch'>
  readonly #size: number
  /** Blocks for which there has to be room before a full window takes more. */
  readonly #refill: number
  readonly #queue: (Waiting | { readonly change: TipChange })[] = []
  readonly #change = new WakeUp()
  /** A block that has been given out and is asked for again. */
  #inHand: { readonly height: number; readonly abort: AbortController } | undefined
  #bytes = 0
  #proofBytes = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined

  constructor(
    blocks: AsyncIterator<BlockStreamItem>,
    fetcher: Pick<ProofFetcher, 'fetch'>,
    size: number = DEFAULT_PROOF_WINDOW,
  ) {
    this.#blocks = blocks
    this.#fetcher = fetcher
    this.#size = size
    this.#refill = Math.floor(size / REFILLS)
    void this.#pull()
  }

  /** The next; undefined at the end. @throws what the stream of blocks throws. */
  async next(): Promise<WindowItem | undefined> {
    for (;;) {
      const head = this.#queue[0]
      if (head === undefined) {
        if (this.#failure !== undefined) throw this.#failure.error
        if (this.#ended) return undefined
        await this.#change.wait()
        continue
      }
      if ('change' in head) {
        this.#remove()
        return { type: 'reorg', change: head.change }
      }
      const answer = await this.#answerOf(head)
      // It may have left the chain meanwhile.
      if (answer === undefined || this.#queue[0] !== head) continue
      this.#remove()
      const { block, inputs, refused } = head
      return { type: 'block', block, inputs, refused, answer }
    }
  }

  /**
   * The same block with another proof, from nobody in its `refused`; undefined where it leaves the chain
   * meanwhile, or all ends.
   */
  async again(item: BlockToProve): Promise<BlockToProve | undefined> {
    const another = await this.#another(item, false)
    return another === 'nobody' ? undefined : another
  }

  /** The same; `nobody` where those who may be asked do not answer. */
  againOrNobody(item: BlockToProve): Promise<BlockToProve | 'nobody' | undefined> {
    return this.#another(item, true)
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    this.#ended = true
    this.#inHand?.abort.abort()
    for (const waiting of this.#queue.splice(0)) if ('abort' in waiting) waiting.abort.abort()
    this.#change.ring()
    await this.#blocks.return?.()
  }

  async #another(
    { block, inputs, refused }: BlockToProve,
    mayFail: boolean,
  ): Promise<BlockToProve | 'nobody' | undefined> {
    const { height, hash } = block
    const abort = new AbortController()
    this.#inHand = { height, abort }
    if (this.#ended) abort.abort()
    try {
      const answer = await this.#fetcher.fetch({ height, hash, inputs, refused, mayFail }, abort.signal)
      return { type: 'block', block, inputs, refused, answer }
    } catch (error) {
      return error === NOBODY_ANSWERED ? 'nobody' : undefined
    } finally {
      this.#inHand = undefined
    }
  }

  async #answerOf(waiting: Waiting): Promise<BlockToProve['answer'] | undefined> {
    if (waiting.fault !== undefined) return { fault: waiting.fault }
    if (waiting.proof === undefined) return { proof: noProof(waiting.block) }
    const early = await waiting.proof.catch(() => undefined)
    if (early !== undefined || waiting.abort.signal.aborted) return early
    return this.#fetch(waiting).catch(() => undefined)
  }

  #fetch({ block: { height, hash }, inputs, refused, abort }: Waiting): Promise<ReceivedProof> {
    return this.#fetcher.fetch({ height, hash, inputs, refused }, abort.signal)
  }

  /**
   * Keeps a proof until its turn comes, where there is room. Nobody knows yet whether it holds, and a liar
   * can make it many times as large as its block.
   */
  #keep(waiting: Waiting, received: ReceivedProof): ReceivedProof | undefined {
    const size = sizeOf(received.proof)
    if (this.#queue[0] === waiting) return received
    if (this.#proofBytes + size > MAX_WAITING_BYTES) return undefined
    waiting.proofBytes = size
    this.#proofBytes += size
    return received
  }

  /** Whether there is no room for more than `more` blocks. */
  #isFull(more: number): boolean {
    return this.#queue.length + more >= this.#size || this.#bytes >= MAX_WAITING_BYTES
  }

  #hasEnded(): boolean {
    return this.#ended
  }

  async #pull(): Promise<void> {
    try {
      for (;;) {
        if (this.#isFull(0)) while (!this.#ended && this.#isFull(this.#refill)) await this.#change.wait()
        if (this.#ended) return
        const result: IteratorResult<BlockStreamItem, unknown> = await this.#blocks.next()
        if (this.#hasEnded()) return
        if (result.done === true) break
        const { value } = result
        if (value.type === 'reorg') this.#reorg(value.change)
        else this.#add(value)
        this.#change.ring()
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#ended = true
    this.#change.ring()
  }

  #add(block: DeliveredBlock): void {
    const { inputs, fault } = inputsOf(block)
    const waiting: Waiting = {
      block,
      inputs,
      refused: new Set<PeerId>(),
      abort: new AbortController(),
      ...(fault !== undefined && { fault }),
      proof: undefined,
      proofBytes: 0,
    }
    this.#queue.push(waiting)
    this.#bytes += block.size
    if (inputs === 0) return
    waiting.proof = this.#fetch(waiting).then((received) => this.#keep(waiting, received))
    // It is waited for when its turn comes.
    waiting.proof.catch(() => undefined)
  }

  /** What is above the fork is not in the chain any more, and was never given out. */
  #reorg(change: TipChange): void {
    for (let last = this.#queue.at(-1); last !== undefined; last = this.#queue.at(-1)) {
      if ('change' in last || last.block.height <= change.fork.height) break
      this.#queue.pop()
      this.#forget(last)
      last.abort.abort()
    }
    if (this.#inHand !== undefined && this.#inHand.height > change.fork.height) this.#inHand.abort.abort()
    this.#queue.push({ change })
  }

  #remove(): void {
    const head = this.#queue.shift()
    if (head !== undefined && 'block' in head) this.#forget(head)
    this.#change.ring()
  }

  #forget({ block, proofBytes }: Waiting): void {
    this.#bytes -= block.size
    this.#proofBytes -= proofBytes
  }
}

function inputsOf({ block, height }: DeliveredBlock): {
  readonly inputs: number
  readonly fault?: UtreexoError
} {
  try {
    return { inputs: blockChanges(block, height).toProve.length }
  } catch (error) {
    if (isUtreexoError(error)) return { inputs: 0, fault: error }
    throw error
  }
}

function sizeOf(proof: UtreexoProof): number {
  const { targets, leafData } = proof
  let size = hashesSize(proof) + targets.length * TARGET_SIZE + leafData.length * LEAF_SIZE
  for (const { script } of leafData) if (script.type === 'other') size += script.scriptPubKey.length
  return size
}

function noProof({ hash }: DeliveredBlock): UtreexoProof {
  return { blockHash: hash, proofHashes: [], targets: new BigUint64Array(0), leafData: [] }
}
