import {
  asBlockHash,
  type Block,
  blockBytes,
  type BlockHash,
  bytesEqual,
  bytesToHex,
  encodePayload,
  type OutPoint,
} from '@sapwood/wire-codec'
import {
  type BlockUndo,
  type BridgeTip,
  type ConnectedBlock,
  decodeBlockUndo,
  decodeKeptOutput,
  decodeStump,
  encodeBlockUndo,
  encodeKeptOutput,
  encodeStump,
  Forest,
  isOverwritten,
  type KeptOutput,
  type PlacedOutput,
  ProofMaker,
  stateHash,
  StateTree,
  Stump,
} from '@sapwood/utreexo'
import {
  type KeyValueNamespace,
  type KeyValueOperation,
  NODE_NETWORK_LIMITED_MIN_BLOCKS,
  NodeError,
} from '../index.ts'
import { GatheredWrites } from './gathered-writes.ts'
import { RecentOutputs } from './recent-outputs.ts'

/** Blocks that can be taken back one by one; a deeper reorganisation begins anew. */
const UNDO_BLOCKS = NODE_NETWORK_LIMITED_MIN_BLOCKS

/** Deletions of one batch where everything is forgotten. */
const CLEAR_BATCH = 10_000

/** Begins the key of an unspent output. */
const OUTPUT = 'u'
/** Height, hash, and hash of the genesis block. */
const MARK = 'm'
const MARK_SIZE = 4 + 32 + 32
/** Begins with what is forgotten while the mark says so. */
const CLEARING = 'c'

/** What a bridge has of the state after a block. */
export interface KeptState {
  readonly hash: BlockHash
  readonly stump: Stump
}

/**
 * What a bridge keeps, in one namespace so that all that blocks change goes in one batch: the mark of how
 * far it is, the unspent outputs (`u`, by outpoint; `x`, by number, for those that nobody can name any more),
 * and for each block its proof (`p`, by hash), itself (`b`, by hash), the state after it (`s`, by height) and
 * what takes it back (`r`, by height). The trees are not kept: they follow from the outputs.
 */
export class BridgeStore {
  readonly #entries: KeyValueNamespace
  readonly #genesis: BlockHash
  readonly #keepsBlocks: boolean
  /** What blocks change that were connected and are not in the store yet. */
  readonly #unwritten: GatheredWrites
  /** Nothing is here that is not in the store. */
  readonly #recent = new RecentOutputs()

  constructor(
    entries: KeyValueNamespace,
    options: { readonly genesis: BlockHash; readonly keepBlocks: boolean },
  ) {
    this.#entries = entries
    this.#unwritten = new GatheredWrites(entries)
    this.#genesis = options.genesis
    this.#keepsBlocks = options.keepBlocks
  }

  /**
   * Makes the machine that stands where the store says.
   * @throws NodeError `store-corrupt` where the outputs do not give the state that was kept; `store-foreign`
   * for another network's.
   */
  async load(seed: number): Promise<ProofMaker> {
    if ((await this.#entries.get(CLEARING)) !== undefined) await this.clear()
    const mark = await this.#entries.get(MARK)
    if (mark === undefined) return this.#fresh(seed)
    const { tip, genesis } = readMark(mark)
    if (!bytesEqual(genesis, this.#genesis))
      throw new NodeError('store-foreign', 'The Utreexo bridge in this store is of another network.')
    // The genesis block is no leaf, and nothing is kept of it.
    if (tip.height === 0) return this.#fresh(seed)
    try {
      const states = await this.#loadStates(tip)
      const kept = await this.state(tip.height)
      const forest = await this.#loadForest(kept?.stump.leaves ?? 0, seed)
      if (kept !== undefined && bytesEqual(kept.hash, tip.hash) && forest.stump().equals(kept.stump))
        return new ProofMaker(tip, forest, states)
    } catch (cause) {
      throw corrupt(cause)
    }
    throw corrupt()
  }

  #fresh(seed: number): ProofMaker {
    return new ProofMaker({ height: 0, hash: this.#genesis }, new Forest({ seed }))
  }

  /** For each of the outpoints the output, where it is unspent. */
  outputs(outPoints: readonly OutPoint[]): Promise<(KeptOutput | undefined)[]> {
    return Promise.all(
      outPoints.map(async (outPoint) => {
        const key = outputKey(outPoint)
        const change = this.#unwritten.find(key)
        const bytes =
          change === undefined ? (this.#recent.get(key) ?? (await this.#entries.get(key))) : change.value
        return bytes && readBack(bytes, decodeKeptOutput)
      }),
    )
  }

  /** Bytes that wait to be written, about. */
  get unwrittenBytes(): number {
    return this.#unwritten.bytes
  }

  /** All that a block changes, and that it is the tip then: written with those before it by `write`. */
  add(connected: ConnectedBlock, block: Block): void {
    const { height, hash, spent, created, proof, stump } = connected
    const operations: KeyValueOperation[] = []
    for (const { outPoint } of spent) operations.push({ type: 'delete', key: outputKey(outPoint) })
    for (const placed of created)
      operations.push({ type: 'put', key: keyOf(placed), value: encodeKeptOutput(placed.output) })
    operations.push({
      type: 'put',
      key: byHash('p', hash),
      value: encodePayload({ type: 'uproof', proof }).payload,
    })
    if (this.#keepsBlocks) operations.push({ type: 'put', key: byHash('b', hash), value: blockBytes(block) })
    operations.push(
      { type: 'put', key: byHeight('s', height), value: writeState({ hash, stump }) },
      { type: 'put', key: byHeight('r', height), value: encodeBlockUndo(connected) },
      { type: 'put', key: MARK, value: this.#mark({ height, hash }) },
    )
    if (height > UNDO_BLOCKS) operations.push({ type: 'delete', key: byHeight('r', height - UNDO_BLOCKS) })
    this.#unwritten.add(operations)
  }

  /**
   * Writes all that has been added, in one batch: whole blocks, with the mark of the last of them. One call
   * at a time; more may be added meanwhile. Where that fails, what it would have written is forgotten.
   */
  write(): Promise<void> {
    return this.#unwritten.write((operations) =>
      this.#recent.apply(operations.filter(({ key }) => key.startsWith(OUTPUT))),
    )
  }

  /** Forgets what has been added and is not written. */
  drop(): void {
    this.#unwritten.drop()
  }

  /** What takes the block at `height` back; undefined where that lies too far back. */
  async undo(height: number): Promise<BlockUndo | undefined> {
    const bytes = await this.#entries.get(byHeight('r', height))
    return bytes && readBack(bytes, decodeBlockUndo)
  }

  /** Keeps that the tip has been taken back. */
  async disconnected(tip: BridgeTip, { spent, created }: BlockUndo, below: BridgeTip): Promise<void> {
    const outputs = [
      ...created.map((outPoint) => ({ type: 'delete', key: outputKey(outPoint) }) as const),
      ...spent.map((placed) => ({
        type: 'put' as const,
        key: keyOf(placed),
        value: encodeKeptOutput(placed.output),
      })),
    ]
    await this.#entries.batch([
      ...outputs,
      { type: 'delete', key: byHash('p', tip.hash) },
      { type: 'delete', key: byHash('b', tip.hash) },
      { type: 'delete', key: byHeight('s', tip.height) },
      { type: 'delete', key: byHeight('r', tip.height) },
      { type: 'put', key: MARK, value: this.#mark(below) },
    ])
    this.#recent.apply(outputs)
  }

  /** Forgets everything. A process that is killed in the middle of it goes on with that at its next start. */
  async clear(): Promise<void> {
    this.#recent.clear()
    await this.#entries.batch([{ type: 'put', key: CLEARING, value: new Uint8Array(0) }])
    let batch: KeyValueOperation[] = []
    for await (const [key] of this.#entries.entries()) {
      if (key === CLEARING) continue
      batch.push({ type: 'delete', key })
      if (batch.length < CLEAR_BATCH) continue
      await this.#entries.batch(batch)
      batch = []
    }
    await this.#entries.batch([...batch, { type: 'delete', key: CLEARING }])
  }

  /** The `uproof` of a block, whole. */
  proof(hash: BlockHash): Promise<Uint8Array | undefined> {
    return this.#entries.get(byHash('p', hash))
  }

  block(hash: BlockHash): Promise<Uint8Array | undefined> {
    return this.#entries.get(byHash('b', hash))
  }

  /** The state after the block at `height` of the bridge's chain. */
  async state(height: number): Promise<KeptState | undefined> {
    const bytes = await this.#entries.get(byHeight('s', height))
    return bytes && readBack(bytes, readState)
  }

  #mark({ height, hash }: BridgeTip): Uint8Array {
    const bytes = new Uint8Array(MARK_SIZE)
    new DataView(bytes.buffer).setUint32(0, height)
    bytes.set(hash, 4)
    bytes.set(this.#genesis, 36)
    return bytes
  }

  async #loadStates(tip: BridgeTip): Promise<StateTree> {
    const states = new StateTree()
    states.add(stateHash(new Stump()))
    for await (const [key, bytes] of this.#under('s')) {
      if (key !== byHeight('s', states.size)) throw corrupt()
      states.add(stateHash(readState(bytes).stump))
    }
    if (states.size !== tip.height + 1) throw corrupt()
    return states
  }

  async #loadForest(leaves: number, seed: number): Promise<Forest> {
    const numbers: number[] = []
    let hashes = new Uint8Array(1024 * 32)
    for (const prefix of [OUTPUT, 'x']) {
      for await (const [, bytes] of this.#under(prefix)) {
        const { number, leafHash } = decodeKeptOutput(bytes)
        const at = numbers.length * 32
        numbers.push(number)
        if (at === hashes.length) {
          const larger = new Uint8Array(2 * at)
          larger.set(hashes)
          hashes = larger
        }
        hashes.set(leafHash, at)
      }
    }
    function* live(): Generator<readonly [number, Uint8Array]> {
      for (let i = 0; i < numbers.length; i++) yield [numbers[i]!, hashes.subarray(i * 32, (i + 1) * 32)]
    }
    return Forest.restore(leaves, live(), { seed })
  }

  /** All entries whose keys begin with `prefix`. */
  async *#under(prefix: string): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
    const before = String.fromCharCode(prefix.charCodeAt(0) + 1)
    for await (const entry of this.#entries.entries({ from: prefix, before })) {
      // A store of the program's own may not know ranges.
      if (entry[0].startsWith(prefix)) yield entry
    }
  }
}

const outputKey = ({ txid, index }: OutPoint): string => `${OUTPUT}${bytesToHex(txid)}${hex8(index)}`
const byHash = (prefix: string, hash: BlockHash): string => prefix + bytesToHex(hash)
const byHeight = (prefix: string, height: number): string => prefix + hex8(height)
const hex8 = (value: number): string => value.toString(16).padStart(8, '0')

/**
 * Two coinbases of mainnet were made a second time: what names them is the second one,
 * and the first stays a leaf for ever.
 */
function keyOf({ outPoint, output }: PlacedOutput): string {
  return isOverwritten(output.leafHash) ? `x${hex8(output.number)}` : outputKey(outPoint)
}

function readMark(bytes: Uint8Array): { readonly tip: BridgeTip; readonly genesis: BlockHash } {
  if (bytes.length !== MARK_SIZE) throw corrupt()
  const height = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return {
    tip: { height, hash: asBlockHash(bytes.slice(4, 36)) },
    genesis: asBlockHash(bytes.slice(36)),
  }
}

function writeState({ hash, stump }: KeptState): Uint8Array {
  const state = encodeStump(stump, 'go')
  const bytes = new Uint8Array(32 + state.length)
  bytes.set(hash)
  bytes.set(state, 32)
  return bytes
}

function readState(bytes: Uint8Array): KeptState {
  return { hash: asBlockHash(bytes.slice(0, 32)), stump: decodeStump(bytes.subarray(32), 'go') }
}

/** @throws NodeError `store-corrupt` where an entry does not read back. */
function readBack<T>(bytes: Uint8Array, read: (bytes: Uint8Array) => T): T {
  try {
    return read(bytes)
  } catch (cause) {
    throw corrupt(cause)
  }
}

function corrupt(cause?: unknown): NodeError {
  return new NodeError('store-corrupt', 'What the Utreexo bridge keeps does not read back.', {
    ...(cause !== undefined && { cause }),
  })
}
