/**
 * Blocks checked with their proofs, and by no set of unspent outputs.
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * @module
 */

import { type BlockHash, bytesEqual, hashToHex, type Network } from '@sapwood/wire-codec'
import {
  type BlockSurroundings,
  checkBlockProof,
  isUtreexoError,
  type ProvedBlock,
  type UtreexoError,
  type UtreexoErrorCode,
} from '@sapwood/utreexo'
import type { PeerId } from '@sapwood/peer'
import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import type { BlockStreamItem } from '../blocks/block-stream-item.ts'
import type { DeliveredBlock } from '../blocks/block-download-action.ts'
import type { BlockRef } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { NodeError } from '../errors/node-error.ts'
import type { EventSink } from '../events/event-source.ts'
import type { ProofFetcher } from './proof-fetcher.ts'
import { type BlockToProve, ProofWindow } from './proof-window.ts'
import type { ProvedBlockItem, ProvedItem } from './proved-item.ts'
import { type ScriptCheck, scriptFault } from './script-check.ts'
import { mayBeOurs, Suspicion } from './suspicion.ts'
import type { UtreexoEvents } from './utreexo-events.ts'
import type { UtreexoState } from './utreexo-state.ts'
import type { UtreexoStates } from './utreexo-states.ts'

/** Peers whose proofs fail on one state before the state itself is suspected. */
const PEERS_TO_SUSPECT = 2

export interface ProvedBlocksComponents {
  readonly network: Network
  readonly chain: HeaderChain
  readonly events: EventSink<UtreexoEvents>
  readonly fetcher: ProofFetcher
  /** Blocks of the best chain from a height on, for ever, with reorgs. */
  readonly blocksFrom: (height: number, signal: AbortSignal) => AsyncIterator<BlockStreamItem>
  /** For what no honest peer does. */
  readonly punish: (peer: PeerId, detail: string) => void
  /** Takes a block out of the chain for good; the stream of blocks then has a reorg. */
  readonly refuseBlock: (block: BlockRef, rule: UtreexoErrorCode, from: PeerId | undefined) => void
  /** What to wait for before more is worked at. */
  readonly turn: () => Promise<void> | undefined
  readonly validateScripts: ScriptCheck | undefined
  readonly window: number | undefined
}

/**
 * Proves the blocks of the best chain one after the other, from the tip of `states` on, which grows with
 * each, and for ever. Blames whom there is to blame: the sender of a proof that does not hold, that of a
 * block that does not, or our own state.
 * @throws NodeError `utreexo-refused` where the state that all began with is no good; the signal's reason.
 */
export async function* provedBlocks(
  states: UtreexoStates,
  components: ProvedBlocksComponents,
  signal: AbortSignal,
): AsyncGenerator<ProvedItem, void, undefined> {
  const prover = new Prover(states, components, signal)
  while (!signal.aborted) {
    const window = new ProofWindow(
      components.blocksFrom(states.tip.height + 1, signal),
      { fetch: (wanted, ends) => components.fetcher.fetch({ ...wanted, doubted: prover.doubted }, ends) },
      components.window,
    )
    // What is waited for ends with the signal, too.
    const onAbort = (): void => void window.close()
    addAbortListener(signal, onAbort)
    try {
      yield* prover.run(window)
    } finally {
      removeAbortListener(signal, onAbort)
      await window.close()
    }
  }
}

/** What is taken back. */
type Reorg = Extract<ProvedItem, { readonly type: 'reorg' }>

class Prover {
  readonly #states: UtreexoStates
  readonly #parts: ProvedBlocksComponents
  readonly #suspicion: Suspicion
  readonly #signal: AbortSignal
  /** Blocks that were yielded and not taken back, as far down as they can be. */
  readonly #yielded: BlockRef[] = []

  constructor(states: UtreexoStates, components: ProvedBlocksComponents, signal: AbortSignal) {
    this.#states = states
    this.#parts = components
    this.#signal = signal
    this.#suspicion = new Suspicion(states.base)
  }

  /** Whom to ask for proofs where there is nobody else. */
  get doubted(): ReadonlySet<PeerId> {
    return this.#suspicion.doubted
  }

  /** Until the state is gone back to, or the blocks end. */
  async *run(window: ProofWindow): AsyncGenerator<ProvedItem, void, undefined> {
    /** What comes builds on what is not in the chain any more; a reorg will say so. */
    let isStale = false
    for (;;) {
      await this.#parts.turn()
      const item = await window.next()
      if (item === undefined) return
      if (item.type === 'reorg') {
        isStale = false
        const { fork } = item.change
        if (this.#states.tip.height <= fork.height) continue
        yield this.#goBack('chain', fork.height)
        // Not every old state is kept: from an older one the blocks between come once more.
        if (this.#states.tip.height < fork.height) return
        continue
      }
      if (isStale) continue
      const { block } = item.block
      if (!this.#parts.chain.isActive(item.block.hash)) {
        isStale = true
        continue
      }
      if (!bytesEqual(block.header.previousBlockHash, this.#states.tip.hash)) {
        yield this.#goBack('chain', this.#activeHeight())
        return
      }
      const outcome = await this.#settle(item, window)
      if (outcome === 'stale') isStale = true
      else if (outcome.type === 'reorg') {
        yield outcome
        return
      } else yield outcome
    }
  }

  /** Asks for proofs of a block until one holds, or there is something else to do. */
  async #settle(first: BlockToProve, window: ProofWindow): Promise<ProvedBlockItem | Reorg | 'stale'> {
    /** Whose proofs failed on a state that may be wrong itself. */
    const accused: PeerId[] = []
    for (let item: BlockToProve | undefined = first; item !== undefined; ) {
      const outcome = await this.#try(item, accused)
      if (outcome === 'accused' && this.#isEnough(accused, item)) {
        const reorg = this.#judge(item, accused)
        if (reorg !== undefined) return reorg
        item = await window.again(item)
      } else if (outcome === 'accused' || outcome === 'refused') {
        // Those who are doubted anyway wait for what another says, but not for ever.
        const mayFail = accused.length >= PEERS_TO_SUSPECT
        const other: BlockToProve | 'nobody' | undefined = mayFail
          ? await window.againOrNobody(item)
          : await window.again(item)
        const reorg = other === 'nobody' ? this.#judge(item, accused) : undefined
        if (reorg !== undefined) return reorg
        item = other === 'nobody' ? await window.again(item) : other
      } else return outcome
    }
    return 'stale'
  }

  /**
   * Whether a proof holds: the block that it proves, whether its sender is at fault (`refused`), or may as
   * well not be (`accused`, in whose list it is then), or that there is nothing to prove any more.
   */
  async #try(
    item: BlockToProve,
    accused: PeerId[],
  ): Promise<ProvedBlockItem | 'stale' | 'refused' | 'accused'> {
    const { block, answer } = item
    // Time has passed since: it may have left the chain.
    if (!this.#parts.chain.isActive(block.hash)) return 'stale'
    const proved = await this.#validate(item, this.#prove(item))
    if (proved === 'stale') return 'stale'
    if (!isUtreexoError(proved)) {
      this.#accept(item, proved, accused)
      return this.#itemOf(item, proved)
    }
    if (proved.fault === 'block') {
      this.#parts.refuseBlock(refOf(block), proved.code, block.peer)
      return 'stale'
    }
    const from = 'from' in answer ? answer.from : undefined
    // Where no peer was asked, there is nobody to blame but the block.
    if (from === undefined) throw proved
    item.refused.add(from)
    this.#parts.events.emit('proof-invalid', { block: refOf(block), from, rule: proved.code })
    if (mayBeOurs(proved.code)) {
      accused.push(from)
      return 'accused'
    }
    this.#punish(from, block, proved.code)
    return 'refused'
  }

  /**
   * What follows from proofs that have failed: the state is gone back from, or their senders are to blame.
   * @throws NodeError `utreexo-refused`
   */
  #judge({ block, refused }: BlockToProve, accused: PeerId[]): Reorg | undefined {
    const verdict = this.#suspicion.judge(this.#states.tip, accused)
    if (verdict.type === 'back') return this.#suspect(block, accused, verdict.height)
    if (verdict.type === 'peers')
      for (const peer of accused.splice(0)) this.#punish(peer, block, 'root-mismatch')
    // Two liars are soon found: it is not given up while there is anybody whose proof may hold.
    else if (!this.#parts.fetcher.canAsk(block, refused)) throw this.#hopeless()
    return undefined
  }

  /**
   * Whether so many peers' proofs have failed that the state is suspected. Those for whom it already is count
   * where nobody else can be asked: they alone must not have it derived anew from ever further back.
   */
  #isEnough(accused: readonly PeerId[], { block, refused }: BlockToProve): boolean {
    const others = accused.filter((peer) => !this.doubted.has(peer))
    if (others.length >= PEERS_TO_SUSPECT) return true
    return accused.length >= PEERS_TO_SUSPECT && !this.#parts.fetcher.canAsk(block, refused)
  }

  #prove({ block, answer }: BlockToProve): ProvedBlock | UtreexoError {
    if ('fault' in answer) return answer.fault
    const { chain, network } = this.#parts
    const surroundings: BlockSurroundings = {
      network,
      blockHashAt: (height) => chain.hashAt(height),
      medianTimePast: (height) => chain.medianTimePast(chain.hashAt(height) as BlockHash) ?? 0,
    }
    try {
      return checkBlockProof(this.#states.tip.stump, block.block, block.height, answer.proof, surroundings)
    } catch (error) {
      if (isUtreexoError(error)) return error
      throw error
    }
  }

  /** The same, or what the program's script engine has against the block. */
  async #validate(
    { block: { block, height, hash } }: BlockToProve,
    proved: ProvedBlock | UtreexoError,
  ): Promise<ProvedBlock | UtreexoError | 'stale'> {
    const { chain, validateScripts } = this.#parts
    if (validateScripts === undefined || isUtreexoError(proved)) return proved
    const fault = await scriptFault(validateScripts, { block, height, spent: proved.spent }, this.#signal)
    // Time has passed again.
    return chain.isActive(hash) ? (fault ?? proved) : 'stale'
  }

  #accept({ block, inputs, answer }: BlockToProve, proved: ProvedBlock, accused: readonly PeerId[]): void {
    const state: UtreexoState = { ...refOf(block), stump: proved.stump }
    this.#states.add(state)
    // Another's proof has held on the same state.
    for (const peer of accused) this.#punish(peer, block, 'root-mismatch')
    for (const peer of this.#suspicion.proved(state, inputs)) this.#punish(peer, block, 'root-mismatch')
    const from = 'from' in answer ? answer.from : undefined
    this.#parts.events.emit('block-proved', {
      block: refOf(block),
      inputs,
      ...(from !== undefined && { from }),
    })
  }

  /** What to take back of a state that may be wrong. */
  #suspect(block: DeliveredBlock, accused: readonly PeerId[], downTo: number): Reorg {
    const reorg = this.#goBack('suspected', downTo)
    const { height, hash } = this.#states.tip
    this.#parts.events.emit('utreexo-suspected', {
      block: refOf(block),
      peers: [...accused],
      back: { height, hash },
    })
    return reorg
  }

  #hopeless(): NodeError {
    const { height, hash } = this.#states.base
    const message = `No proof holds on the state after block ${height} (${hashToHex(hash)})`
    return new NodeError('utreexo-refused', message, { received: hashToHex(hash) })
  }

  /** Takes the states above a height back, and more where those below are not kept. */
  #goBack(why: Reorg['why'], height: number): Reorg {
    this.#states.rewind(this.#states.atOrBelow(height).height)
    const { height: forkHeight, hash } = this.#states.tip
    const disconnected: BlockRef[] = []
    while ((this.#yielded.at(-1)?.height ?? -1) > forkHeight) disconnected.push(this.#yielded.pop()!)
    return { type: 'reorg', why, fork: { height: forkHeight, hash }, disconnected }
  }

  /** Height of the highest state that is of a block of the best chain. */
  #activeHeight(): number {
    const { chain } = this.#parts
    const active = this.#states.highest(({ hash }) => chain.isActive(hash))
    if (active !== undefined) return active.height
    const { height, hash } = this.#states.base
    throw new NodeError(
      'utreexo-refused',
      `Block ${hashToHex(hash)}, at height ${height}, is not in the chain`,
      {
        received: hashToHex(hash),
      },
    )
  }

  #itemOf({ block, inputs, answer }: BlockToProve, { spent, fees, stump }: ProvedBlock): ProvedBlockItem {
    this.#yielded.push(refOf(block))
    if (this.#yielded.length > MAX_YIELDED) this.#yielded.splice(0, this.#yielded.length - MAX_YIELDED / 2)
    const proofFrom = 'from' in answer ? answer.from : undefined
    return {
      type: 'block',
      ...block,
      spent,
      fees,
      inputs,
      stump,
      ...(proofFrom !== undefined && { proofFrom }),
    }
  }

  #punish(peer: PeerId, { height }: BlockRef, code: UtreexoErrorCode): void {
    this.#parts.punish(peer, `proof of block ${height}: ${code}`)
  }
}

/**
 * Blocks that can be named when they are taken back: no chain that is followed goes back further, but for a
 * state that is suspected.
 */
const MAX_YIELDED = 20_000

function refOf({ height, hash }: BlockRef): BlockRef {
  return { height, hash }
}
