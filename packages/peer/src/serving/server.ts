import {
  type BlockHash,
  decodeBlock,
  decodeTransaction,
  encodeBlock,
  encodeTransaction,
  InventoryType,
  type InventoryVector,
  MAX_ADDRESSES,
  MAX_BLOCKS_IN_INV,
  MAX_HEADERS_RESULTS,
  MAX_INV_SIZE,
  type Message,
  type MessageOf,
  type Txid,
  WITNESS_FLAG,
  type Wtxid,
} from '@sapwood/wire-codec'
import type { DisconnectReason } from '../reasons/disconnect-reason.ts'
import type { TransactionId } from '../requests/request-map.ts'
import type { InvalidRequest, PeerServices, ServingContext } from './peer-services.ts'
import type { ServedMessage } from './served-message.ts'

export interface ServerOutput {
  readonly send: (message: Message) => void
  readonly sendPayload: (command: string, payload: Uint8Array) => void
  /** Resolves when the remote has taken enough of what was sent. */
  readonly room: () => Promise<void> | undefined
  readonly end: (reason: DisconnectReason) => void
  /** BIP155: the remote takes `addrv2`. */
  readonly addrv2: () => boolean
}

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

  /** Answers one request. Rejects when the owner's services do. */
  async serve(message: ServedMessage): Promise<void> {
    switch (message.type) {
      case 'getheaders':
        return this.#headers(message)
      case 'getblocks':
        return this.#blockHashes(message)
      case 'getdata':
        return this.#data(message)
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
    }
  }

  async #headers({ locator, stopHash }: MessageOf<'getheaders'>): Promise<void> {
    const headers = (await this.#services.headers?.({ locator, stopHash }, this.#context)) ?? []
    this.#output.send({ type: 'headers', headers: headers.slice(0, MAX_HEADERS_RESULTS) })
  }

  async #blockHashes({ locator, stopHash }: MessageOf<'getblocks'>): Promise<void> {
    const hashes = (await this.#services.blockHashes?.({ locator, stopHash }, this.#context)) ?? []
    const inventory = hashes.slice(0, MAX_BLOCKS_IN_INV).map((hash) => ({ type: InventoryType.BLOCK, hash }))
    if (inventory.length > 0) this.#output.send({ type: 'inv', inventory })
  }

  async #data({ inventory }: MessageOf<'getdata'>): Promise<void> {
    const missing: InventoryVector[] = []
    for (const entry of inventory) {
      if (this.#context.signal.aborted) return
      if (!(await this.#entry(entry))) missing.push(entry)
      await this.#output.room()
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

  async #transaction(id: TransactionId, witness: boolean): Promise<boolean> {
    const found = await this.#services.transaction?.(id, this.#context)
    if (found === undefined) return false
    if (found instanceof Uint8Array && witness) this.#output.sendPayload('tx', found)
    else {
      const transaction = found instanceof Uint8Array ? decodeTransaction(found) : found
      this.#output.sendPayload('tx', encodeTransaction(transaction, { witness }))
    }
    return true
  }

  async #block(hash: BlockHash, witness: boolean): Promise<boolean> {
    const found = await this.#services.block?.(hash, this.#context)
    if (found === undefined) return false
    if (found instanceof Uint8Array && witness) this.#output.sendPayload('block', found)
    else {
      const block = found instanceof Uint8Array ? decodeBlock(found) : found
      this.#output.sendPayload('block', encodeBlock(block, { witness }))
    }
    return true
  }

  async #compactBlock(hash: BlockHash): Promise<boolean> {
    const payload = await this.#services.compactBlock?.(hash, this.#context)
    if (payload === undefined) return this.#block(hash, true)
    this.#output.sendPayload('cmpctblock', payload)
    return true
  }

  async #addresses(): Promise<void> {
    const known = (await this.#services.addresses?.(this.#context)) ?? []
    const addrv2 = this.#output.addrv2()
    const fitting = addrv2
      ? known
      : known.filter(({ address }) => address.network === 'ipv4' || address.network === 'ipv6')
    const addresses = fitting.slice(0, MAX_ADDRESSES)
    if (addresses.length > 0) this.#output.send({ type: addrv2 ? 'addrv2' : 'addr', addresses })
  }

  async #mempool(): Promise<void> {
    const inventory = (await this.#services.mempool?.(this.#context)) ?? []
    for (let start = 0; start < inventory.length; start += MAX_INV_SIZE) {
      this.#output.send({ type: 'inv', inventory: inventory.slice(start, start + MAX_INV_SIZE) })
      await this.#output.room()
    }
  }

  async #blockTransactions({ blockHash, indexes }: MessageOf<'getblocktxn'>): Promise<void> {
    const query = { blockHash, indexes: [...indexes] }
    const found = await this.#services.blockTransactions?.(query, this.#context)
    if (found === undefined) return
    // Core: an index out of bounds is misbehaviour; an unknown block goes unanswered.
    if ('invalid' in found) return this.#invalid('getblocktxn', found, 'discourage')
    this.#output.send({ type: 'blocktxn', blockHash, transactions: found })
  }

  async #filters({ filterType, startHeight, stopHash }: MessageOf<'getcfilters'>): Promise<void> {
    const query = { filterType, startHeight, stopHash }
    const found = await this.#services.compactFilters?.(query, this.#context)
    if (found === undefined) return
    if ('invalid' in found) return this.#invalid('getcfilters', found)
    for (const filter of found) {
      if (this.#context.signal.aborted) return
      this.#output.send({ type: 'cfilter', ...filter })
      await this.#output.room()
    }
  }

  async #filterHeaders({ filterType, startHeight, stopHash }: MessageOf<'getcfheaders'>): Promise<void> {
    const query = { filterType, startHeight, stopHash }
    const found = await this.#services.compactFilterHeaders?.(query, this.#context)
    if (found === undefined) return
    if ('invalid' in found) this.#invalid('getcfheaders', found)
    else this.#output.send({ type: 'cfheaders', ...found })
  }

  async #filterCheckpoints({ filterType, stopHash }: MessageOf<'getcfcheckpt'>): Promise<void> {
    const found = await this.#services.compactFilterCheckpoints?.({ filterType, stopHash }, this.#context)
    if (found === undefined) return
    if ('invalid' in found) this.#invalid('getcfcheckpt', found)
    else this.#output.send({ type: 'cfcheckpt', ...found })
  }

  #invalid(
    command: string,
    { invalid }: InvalidRequest,
    blame: 'disconnect' | 'discourage' = 'disconnect',
  ): void {
    this.#output.end({ code: 'invalid-request', blame, command, detail: invalid })
  }
}
