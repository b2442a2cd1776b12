import {
  type Block,
  type BlockHash,
  decodeBlock,
  decodePayload,
  decodeTransaction,
  encodeBlock,
  encodeTransaction,
  InventoryPayload,
  HEADER_SIZE,
  InventoryType,
  isBlockEntry,
  type InventoryVector,
  MAX_ADDRESSES,
  MAX_BLOCKS_IN_INV,
  MAX_HEADERS_RESULTS,
  MAX_INV_SIZE,
  type Message,
  type MessageOf,
  type Transaction,
  type Txid,
  WITNESS_FLAG,
  type Wtxid,
} from '@sapwood/wire-codec'
import { isThenable } from '@sapwood/transport-v1v2/environment'
import type { DisconnectReason } from '../contract/disconnect-reason.ts'
import type { CompactFilter, TransactionId } from '../contract/request-map.ts'
import type { InvalidRequest, PeerServices, ServedType, ServingContext } from '../contract/peer-services.ts'
import type { ServedMessage } from './served-message.ts'

export interface ServerOutput {
  readonly send: (message: Message) => void
  readonly sendPayload: (command: string, payload: Uint8Array) => void
  /**
   * What to wait for before about so many bytes may be sent: the remote has to take what was, and memory has
   * to be there.
   */
  readonly room: (bytes: number) => Promise<void> | undefined
  /** What to wait for before more is worked at. */
  readonly turn: () => Promise<void> | undefined
  /** Work stops for a wait that is none of `turn`, and goes on after it. */
  readonly leave: () => void
  readonly enter: () => void
  readonly end: (reason: DisconnectReason) => void
  /** BIP155: the remote takes `addrv2`. */
  readonly addrv2: () => boolean
}

/** Entries of one `notfound` of ours. */
const MAX_NOTFOUND_ENTRIES = 1_000

/** Entries of a `getdata` between two looks at the time. */
const ENTRIES_PER_LOOK = 16

/** Bytes for which there has to be room before an answer is made. A block may have four times as many. */
const ROOM_FOR_BLOCK = 1_000_000
const ROOM_FOR_HEADERS: number = MAX_HEADERS_RESULTS * (HEADER_SIZE + 1)
/** What is small is waited for only where the remote does not take what it has been sent. */
const ROOM_FOR_SMALL = 0

/** For what is made at once; a list is waited for entry by entry. */
const roomFor: Readonly<Record<ServedType, number>> = {
  getheaders: ROOM_FOR_HEADERS,
  getblocks: ROOM_FOR_SMALL,
  getdata: ROOM_FOR_SMALL,
  getaddr: ROOM_FOR_SMALL,
  mempool: ROOM_FOR_SMALL,
  getblocktxn: ROOM_FOR_BLOCK,
  getcfilters: ROOM_FOR_SMALL,
  getcfheaders: ROOM_FOR_SMALL,
  getcfcheckpt: ROOM_FOR_SMALL,
  // Its proof is about as large as a block.
  getuproof: ROOM_FOR_BLOCK,
  geturoot: ROOM_FOR_SMALL,
}

type RequestMessage = MessageOf<Exclude<ServedType, 'getdata'>>

/** Answers the remote's requests from what the owner serves, as Bitcoin Core answers them. */
export class Server {
  readonly #services: PeerServices
  readonly #context: ServingContext
  readonly #output: ServerOutput

  constructor(services: PeerServices, context: ServingContext, output: ServerOutput) {
    this.#services = services
    this.#context = context
    this.#output = output
  }

  /**
   * Answers one request. Nothing is made before there is room for it: a remote that asks and does not read is
   * not worth the memory of its answers (Core, `fPauseSend`). Rejects when the owner's services do.
   */
  async serve(request: ServedMessage): Promise<void> {
    this.#output.enter()
    try {
      await this.#turn()
      await this.#answer(request)
    } finally {
      // What the answer took counts, also where it is the only one.
      this.#output.leave()
    }
  }

  async #turn(): Promise<void> {
    const wait = this.#output.turn()
    if (wait !== undefined) await wait
  }

  async #answer({ type, payload }: ServedMessage): Promise<void> {
    await this.#room(roomFor[type])
    if (this.#context.signal.aborted) return
    const message = type === 'getdata' ? undefined : (decodePayload(type, payload) as RequestMessage)
    switch (message?.type) {
      case undefined:
        return this.#data(InventoryPayload.of(payload))
      case 'getheaders':
        return this.#headers(message)
      case 'getblocks':
        return this.#blockHashes(message)
      case 'getaddr':
        return this.#addresses()
      case 'mempool':
        return this.#mempool()
      case 'getblocktxn':
        return this.#blockTransactions(message)
      case 'getcfilters':
        return this.#filters(message)
      case 'getcfheaders':
        return this.#filterHeaders(message)
      case 'getcfcheckpt':
        return this.#filterCheckpoints(message)
      case 'getuproof':
        return this.#utreexoProof(message)
      case 'geturoot':
        return this.#utreexoRoots(message)
    }
  }

  /** Waits until about `bytes` may be sent. Nothing is waited for once the connection has ended. */
  async #room(bytes: number): Promise<void> {
    for (let wait = this.#output.room(bytes); wait !== undefined; wait = this.#output.room(bytes)) {
      this.#output.leave()
      await wait
      if (this.#context.signal.aborted) return
      this.#output.enter()
    }
  }

  /** Waits for both, for a block: it costs milliseconds, and while a turn is waited for room may be gone. */
  async #turnWithRoom(): Promise<void> {
    for (;;) {
      await this.#room(ROOM_FOR_BLOCK)
      if (this.#context.signal.aborted) return
      const wait = this.#output.turn()
      if (wait === undefined) return
      await wait
    }
  }

  async #headers({ locator, stopHash }: MessageOf<'getheaders'>): Promise<void> {
    const headers = (await this.#found(this.#services.headers?.({ locator, stopHash }, this.#context))) ?? []
    this.#output.send({ type: 'headers', headers: headers.slice(0, MAX_HEADERS_RESULTS) })
  }

  async #blockHashes({ locator, stopHash }: MessageOf<'getblocks'>): Promise<void> {
    const hashes =
      (await this.#found(this.#services.blockHashes?.({ locator, stopHash }, this.#context))) ?? []
    const inventory = hashes.slice(0, MAX_BLOCKS_IN_INV).map((hash) => ({ type: InventoryType.BLOCK, hash }))
    if (inventory.length > 0) this.#output.send({ type: 'inv', inventory })
  }

  async #data(wanted: InventoryPayload): Promise<void> {
    let missing: InventoryVector[] = []
    for (let index = 0; index < wanted.length; index++) {
      const entry = wanted.at(index)
      if (isBlockEntry(entry.type)) await this.#turnWithRoom()
      else {
        const wait = index % ENTRIES_PER_LOOK === 0 ? this.#output.turn() : undefined
        if (wait !== undefined) await wait
        if (this.#output.room(0) !== undefined) await this.#room(0)
      }
      if (this.#context.signal.aborted) return
      // Most entries of a long list are of things that are not there, which is known at once.
      const found = this.#entry(entry)
      const isMissing = !(typeof found === 'boolean' ? found : await found)
      if (isMissing && entry.type !== InventoryType.UTREEXO_PROOF_HASH) missing.push(entry)
      if (missing.length < MAX_NOTFOUND_ENTRIES) continue
      this.#output.send({ type: 'notfound', inventory: missing })
      missing = []
    }
    // Core says so for transactions only; for blocks it saves the remote from waiting in vain.
    if (missing.length > 0) this.#output.send({ type: 'notfound', inventory: missing })
  }

  #entry({ type, hash }: InventoryVector): Promise<boolean> | boolean {
    switch (type) {
      case InventoryType.WTX:
        return this.#transaction({ kind: 'wtxid', hash: hash as Wtxid }, true)
      case InventoryType.TX:
      case InventoryType.WITNESS_TX:
        return this.#transaction({ kind: 'txid', hash: hash as Txid }, (type & WITNESS_FLAG) !== 0)
      case InventoryType.BLOCK:
      case InventoryType.WITNESS_BLOCK:
        return this.#block(hash as BlockHash, (type & WITNESS_FLAG) !== 0)
      case InventoryType.COMPACT_BLOCK:
        return this.#compactBlock(hash as BlockHash)
      default:
        return false
    }
  }

  /** What a service finds, sooner or later. A program in JavaScript may say `null` for none. */
  async #found<T>(found: T | PromiseLike<T>): Promise<T> {
    if (!isThenable(found)) return found ?? (undefined as T)
    this.#output.leave()
    const value = await found
    this.#output.enter()
    return value ?? (undefined as T)
  }

  #transaction(id: TransactionId, witness: boolean): Promise<boolean> | boolean {
    const found = this.#services.transaction?.(id, this.#context)
    return isThenable(found)
      ? this.#found(found).then((transaction) => this.#sendTransaction(transaction, witness))
      : this.#sendTransaction(found, witness)
  }

  #sendTransaction(found: Transaction | Uint8Array | undefined, witness: boolean): boolean {
    if (!found) return false
    if (found instanceof Uint8Array && witness) this.#output.sendPayload('tx', found)
    else {
      const transaction = found instanceof Uint8Array ? decodeTransaction(found) : found
      this.#output.sendPayload('tx', encodeTransaction(transaction, { witness }))
    }
    return true
  }

  #block(hash: BlockHash, witness: boolean): Promise<boolean> | boolean {
    const found = this.#services.block?.(hash, this.#context)
    return isThenable(found)
      ? this.#found(found).then((block) => this.#sendBlock(block, witness))
      : this.#sendBlock(found, witness)
  }

  #sendBlock(found: Block | Uint8Array | undefined, witness: boolean): boolean {
    if (!found) return false
    if (found instanceof Uint8Array && witness) this.#output.sendPayload('block', found)
    else {
      const block = found instanceof Uint8Array ? decodeBlock(found) : found
      this.#output.sendPayload('block', encodeBlock(block, { witness }))
    }
    return true
  }

  async #compactBlock(hash: BlockHash): Promise<boolean> {
    const payload = await this.#found(this.#services.compactBlock?.(hash, this.#context))
    if (payload === undefined) return this.#block(hash, true)
    this.#output.sendPayload('cmpctblock', payload)
    return true
  }

  async #addresses(): Promise<void> {
    const known = (await this.#found(this.#services.addresses?.(this.#context))) ?? []
    const addrv2 = this.#output.addrv2()
    const fitting = addrv2
      ? known
      : known.filter(({ address }) => address.network === 'ipv4' || address.network === 'ipv6')
    const addresses = fitting.slice(0, MAX_ADDRESSES)
    if (addresses.length > 0) this.#output.send({ type: addrv2 ? 'addrv2' : 'addr', addresses })
  }

  async #mempool(): Promise<void> {
    const inventory = (await this.#found(this.#services.mempool?.(this.#context))) ?? []
    for (let start = 0; start < inventory.length; start += MAX_INV_SIZE) {
      await this.#room(ROOM_FOR_BLOCK)
      if (this.#context.signal.aborted) return
      this.#output.send({ type: 'inv', inventory: inventory.slice(start, start + MAX_INV_SIZE) })
    }
  }

  async #blockTransactions({ blockHash, indexes }: MessageOf<'getblocktxn'>): Promise<void> {
    const query = { blockHash, indexes: [...indexes] }
    const found = await this.#found(this.#services.blockTransactions?.(query, this.#context))
    if (found === undefined) return
    if (found === 'whole-block') {
      await this.#block(blockHash, true)
      return
    }
    // Core: an index out of bounds is misbehaviour; an unknown block goes unanswered.
    if ('invalid' in found) return this.#invalid('getblocktxn', found, 'discourage')
    this.#output.send({ type: 'blocktxn', blockHash, transactions: found })
  }

  async #filters({ filterType, startHeight, stopHash }: MessageOf<'getcfilters'>): Promise<void> {
    const query = { filterType, startHeight, stopHash }
    const found = await this.#found(this.#services.compactFilters?.(query, this.#context))
    if (found === undefined) return
    if ('invalid' in found) return this.#invalid('getcfilters', found)
    const filters = Symbol.asyncIterator in found ? found[Symbol.asyncIterator]() : found.values()
    try {
      for (;;) {
        await this.#turn()
        await this.#room(ROOM_FOR_SMALL)
        if (this.#context.signal.aborted) return
        const { done, value } = await this.#found<IteratorResult<CompactFilter, undefined>>(filters.next())
        if (done === true) return
        this.#output.send({ type: 'cfilter', ...value })
      }
    } finally {
      await filters.return?.()
    }
  }

  async #filterHeaders({ filterType, startHeight, stopHash }: MessageOf<'getcfheaders'>): Promise<void> {
    const query = { filterType, startHeight, stopHash }
    const found = await this.#found(this.#services.compactFilterHeaders?.(query, this.#context))
    if (found === undefined) return
    if ('invalid' in found) this.#invalid('getcfheaders', found)
    else this.#output.send({ type: 'cfheaders', ...found })
  }

  async #filterCheckpoints({ filterType, stopHash }: MessageOf<'getcfcheckpt'>): Promise<void> {
    const found = await this.#found(
      this.#services.compactFilterCheckpoints?.({ filterType, stopHash }, this.#context),
    )
    if (found === undefined) return
    if ('invalid' in found) this.#invalid('getcfcheckpt', found)
    else this.#output.send({ type: 'cfcheckpt', ...found })
  }

  async #utreexoProof({ request }: MessageOf<'getuproof'>): Promise<void> {
    // A small part of a large proof costs more to find than to send.
    const wait = this.#output.turn()
    if (wait !== undefined) await wait
    if (this.#context.signal.aborted) return
    const found = await this.#found(this.#services.utreexoProof?.(request, this.#context))
    if (found !== undefined) this.#output.sendPayload('uproof', found)
  }

  async #utreexoRoots({ blockHash }: MessageOf<'geturoot'>): Promise<void> {
    const found = await this.#found(this.#services.utreexoRoots?.(blockHash, this.#context))
    if (found !== undefined) this.#output.sendPayload('uroot', found)
  }

  #invalid(
    command: string,
    { invalid }: InvalidRequest,
    blame: 'disconnect' | 'discourage' = 'disconnect',
  ): void {
    this.#output.end({ code: 'invalid-request', blame, command, detail: invalid })
  }
}
