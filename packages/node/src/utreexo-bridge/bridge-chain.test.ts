import { readFileSync } from 'node:fs'
import {
  blockHash,
  type BlockHash,
  bytesToHex,
  decodeBlock,
  hexToBytes,
  regtest,
  txid,
} from '@sapwood/wire-codec'
import { blockChanges, Stump } from '@sapwood/utreexo'
import { beforeEach, describe, expect, it } from 'vitest'
import type { KeyValueNamespace, KeyValueOperation } from '../store/key-value-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { type BridgeBlock, BridgeChain } from './bridge-chain.ts'
import { BridgeStore } from './bridge-store.ts'

interface LiveCase {
  readonly height: number
  readonly block: string
  readonly uproof: string
  readonly after: { readonly numleaves: number; readonly roots: string[] }
}
const vectors = new URL('../../../utreexo/test/vectors/uproof-live.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: LiveCase[] }
/** The captured blocks that follow each other from the first on. */
const chain = cases.filter(({ height }, index) => height === index + 1)
const blocks = chain.map(({ height, block }): BridgeBlock => {
  const decoded = decodeBlock(hexToBytes(block))
  return { height, hash: blockHash(decoded.header), block: decoded }
})
const stumpAfter = (height: number): Stump => {
  const after = chain[height - 1]?.after
  return after === undefined ? new Stump() : new Stump(after.numleaves, after.roots.map(hexToBytes))
}
const hashAt = (height: number): BlockHash | undefined =>
  height === 0 ? regtest.genesisHash : blocks[height - 1]?.hash
const headers = { hashAt, medianTimePast: () => 0 }

/** A namespace in memory that refuses what a test says. */
class Namespace implements KeyValueNamespace {
  readonly #inner = createMemoryStore().namespace('bridge')
  readonly batches: (readonly KeyValueOperation[])[] = []
  /** Batches to let through before one is refused; none is refused where it is infinite. */
  left = Infinity

  /** Outputs that were read. */
  readonly outputsRead: string[] = []

  get = (key: string): Promise<Uint8Array | undefined> => {
    if (key.startsWith('u')) this.outputsRead.push(key)
    return this.#inner.get(key)
  }
  // As a store of a program's own that knows no ranges.
  entries = (): ReturnType<KeyValueNamespace['entries']> => this.#inner.entries()

  /** What each write waits for. */
  until: Promise<void> | undefined

  async batch(operations: readonly KeyValueOperation[]): Promise<void> {
    await this.until
    if (this.left-- <= 0) throw new Error('no room')
    this.batches.push(operations)
    await this.#inner.batch(operations)
  }
}

/** The first block above 30 that spends what blocks below it have made. */
function nextThatSpends(): BridgeBlock {
  return blocks.find(({ height, block }) => height > 30 && blockChanges(block, height).toProve.length > 0)!
}

let namespace: Namespace
beforeEach(() => {
  namespace = new Namespace()
})
const open = (genesis = regtest.genesisHash): Promise<BridgeChain> =>
  BridgeChain.open({
    network: regtest,
    headers,
    store: new BridgeStore(namespace, { genesis, keepBlocks: true }),
    seed: 7,
  })
/** Puts a block on top, and has it written. */
const put = async (bridge: BridgeChain, block: BridgeBlock): Promise<void> => {
  await bridge.connect(block)
  await bridge.settle()
}
const store = (): BridgeStore =>
  new BridgeStore(namespace, { genesis: regtest.genesisHash, keepBlocks: true })

describe('the chain of a bridge', () => {
  it('keeps each block, its proof and its state, all in one batch with the mark', async () => {
    const bridge = await open()
    for (const block of blocks) await put(bridge, block)
    expect(namespace.batches).toHaveLength(blocks.length)
    for (const operations of namespace.batches)
      expect(operations.filter(({ key }) => key === 'm')).toHaveLength(1)
    for (const [index, { hash }] of blocks.entries()) {
      expect(bytesToHex((await store().proof(hash))!)).toBe(chain[index]!.uproof)
      expect(bytesToHex((await store().block(hash))!)).toBe(chain[index]!.block)
      expect((await store().state(index + 1))!.stump.equals(stumpAfter(index + 1))).toBe(true)
    }
  })

  it('writes several blocks at once, whole, where more follow', async () => {
    const bridge = await open()
    const opened: number[] = []
    bridge.listener = { ...bridge.listener, written: () => opened.push(bridge.tip.height) }
    for (const block of blocks) await bridge.connect(block, false)
    await bridge.settle()
    expect(namespace.batches).toHaveLength(Math.ceil(blocks.length / 16))
    expect(opened).toEqual(namespace.batches.map((_, at) => Math.min(16 * (at + 1), blocks.length)))
    for (const operations of namespace.batches)
      expect(operations.filter(({ key }) => key === 'm')).toHaveLength(1)
    const reopened = await open()
    expect(reopened.tip).toEqual(bridge.tip)
    expect(reopened.stump.equals(stumpAfter(blocks.length))).toBe(true)
    for (const [index, { hash }] of blocks.entries())
      expect(bytesToHex((await store().proof(hash))!)).toBe(chain[index]!.uproof)
  })

  it('is where each batch left it when nothing after it was written', async () => {
    const bridge = await open()
    for (const block of blocks) await bridge.connect(block, false)
    await bridge.settle()
    const { batches } = namespace
    for (let written = 1; written <= batches.length; written++) {
      namespace = new Namespace()
      for (const operations of batches.slice(0, written)) await namespace.batch(operations)
      const height = Math.min(16 * written, blocks.length)
      const reopened = await open()
      expect(reopened.tip).toEqual({ height, hash: hashAt(height) })
      expect(reopened.stump.equals(stumpAfter(height))).toBe(true)
      if (written % 5 !== 0) continue
      for (const block of blocks.slice(height)) await reopened.connect(block, false)
      await reopened.settle()
      expect(reopened.stump.equals(stumpAfter(blocks.length))).toBe(true)
    }
  })

  it('goes on while it is written, and tells of nothing before it is', async () => {
    const bridge = await open()
    let release = (): void => undefined
    namespace.until = new Promise((resolve) => (release = resolve))
    for (const block of blocks) await bridge.connect(block)
    expect(namespace.outputsRead).toEqual([])
    expect(bridge.head.height).toBe(blocks.length)
    expect(bridge.tip.height).toBe(0)
    expect(bridge.stump.leaves).toBe(0)
    expect(await bridge.roots(hashAt(1)!, 1)).toBeUndefined()
    release()
    await bridge.settle()
    expect(bridge.tip).toEqual(bridge.head)
    // The first went alone, the rest while it did.
    expect(namespace.batches).toHaveLength(2)
    expect((await open()).stump.equals(stumpAfter(blocks.length))).toBe(true)
  })

  it('takes all back that is not written when the store refuses it, and says so', async () => {
    const bridge = await open()
    const told: string[] = []
    bridge.listener = { ...bridge.listener, failed: ({ message }) => told.push(message) }
    for (const block of blocks.slice(0, 100)) await put(bridge, block)
    let release = (): void => undefined
    namespace.until = new Promise((resolve) => (release = resolve))
    namespace.left = 0
    for (const block of blocks.slice(100, 150)) await bridge.connect(block)
    release()
    await expect(bridge.settle()).rejects.toThrow('no room')
    expect(told).toEqual(['no room'])
    expect(bridge.tip).toEqual({ height: 100, hash: hashAt(100) })
    expect(bridge.head).toEqual(bridge.tip)
    expect(bridge.maker.stump().equals(stumpAfter(100))).toBe(true)
    expect(bridge.stump.equals(stumpAfter(100))).toBe(true)
    namespace.left = Infinity
    for (const block of blocks.slice(100)) await put(bridge, block)
    expect(bytesToHex((await store().proof(blocks.at(-1)!.hash))!)).toBe(chain.at(-1)!.uproof)
    expect((await open()).stump.equals(stumpAfter(blocks.length))).toBe(true)
  })

  it('connects nothing when what came before is refused meanwhile', async () => {
    const at = blocks.findIndex(({ block }) => block.transactions.length > 1)
    const before = await open()
    for (const block of blocks.slice(0, at - 1)) await put(before, block)
    // Opened anew, so that what is spent has to be read.
    const bridge = await open()
    const { get } = namespace
    const failed = new Promise<void>((resolve) => {
      bridge.listener = { ...bridge.listener, failed: () => resolve() }
    })
    namespace.get = async (key) => {
      await failed
      return get(key)
    }
    namespace.left = 0
    await bridge.connect(blocks[at - 1]!)
    await expect(bridge.connect(blocks[at]!)).rejects.toThrow('no room')
    expect(bridge.head).toEqual({ height: at - 1, hash: hashAt(at - 1) })
    expect(bridge.maker.stump().equals(stumpAfter(at - 1))).toBe(true)
  })

  it('is opened again where it was, at every height', async () => {
    let bridge = await open()
    for (const block of blocks) {
      await put(bridge, block)
      if (block.height % 9 !== 0) continue
      bridge = await open()
      expect(bridge.tip).toEqual({ height: block.height, hash: block.hash })
      expect(bridge.maker.stump().equals(stumpAfter(block.height))).toBe(true)
    }
    expect(bytesToHex((await store().proof(blocks.at(-1)!.hash))!)).toBe(chain.at(-1)!.uproof)
  })

  it('takes blocks back, and is opened again there', async () => {
    let bridge = await open()
    for (const block of blocks) await put(bridge, block)
    for (const height of [239, 200, 122, 1]) {
      await bridge.rewind(height)
      expect(bridge.tip).toEqual({ height, hash: hashAt(height) })
      expect(await store().proof(hashAt(height + 1)!)).toBeUndefined()
      bridge = await open()
      expect(bridge.maker.stump().equals(stumpAfter(height))).toBe(true)
    }
    for (const block of blocks.slice(1)) await put(bridge, block)
    expect(bytesToHex((await store().proof(blocks.at(-1)!.hash))!)).toBe(chain.at(-1)!.uproof)
  })

  it('reads no output that it has seen made, also after a branch that was left', async () => {
    const bridge = await open()
    for (const block of blocks) await put(bridge, block)
    await bridge.rewind(122)
    for (const block of blocks.slice(122)) await put(bridge, block)
    expect(namespace.outputsRead).toEqual([])
    for (const [index, { hash }] of blocks.entries())
      expect(bytesToHex((await store().proof(hash))!)).toBe(chain[index]!.uproof)
  })

  it('keeps no output at hand whose block was not written, nor one that is spent', async () => {
    const bridge = await open()
    const at = blocks.findIndex(({ block }) => block.transactions.length > 1)
    const [spending, before] = [blocks[at]!, blocks.slice(0, at)]
    for (const block of before) await put(bridge, block)
    const spent = spending.block.transactions.slice(1).flatMap(({ inputs }) => inputs)
    const made = new Set(spending.block.transactions.map((each) => bytesToHex(txid(each))))
    const outPoints = spent
      .map(({ previousOutput }) => previousOutput)
      .filter((outPoint) => !made.has(bytesToHex(outPoint.txid)))
    const own = new BridgeStore(namespace, { genesis: regtest.genesisHash, keepBlocks: true })
    const maker = await own.load(7)
    const connect = async (): Promise<void> => {
      const changes = blockChanges(spending.block, spending.height)
      const outputs = await own.outputs(outPoints)
      const connected = maker.connect(spending.block, changes, outputs, {
        network: regtest,
        medianTimePast: () => 0,
      })
      const below = { height: spending.height - 1, hash: hashAt(spending.height - 1)! }
      own.add(connected, spending.block)
      await own.write().catch((error: unknown) => {
        maker.disconnect(connected.undo, below)
        throw error
      })
    }
    namespace.left = 0
    await expect(connect()).rejects.toThrow('no room')
    const coinbase = { txid: txid(spending.block.transactions[0]!), index: 0 }
    expect(await own.outputs([coinbase])).toEqual([undefined])
    expect(await own.outputs(outPoints)).not.toContain(undefined)
    namespace.left = Infinity
    await connect()
    expect(await own.outputs(outPoints)).toEqual(outPoints.map(() => undefined))
    expect(await own.outputs([coinbase])).not.toContain(undefined)
  })

  it('stays where it is when the store refuses a block, and takes it afterwards', async () => {
    const bridge = await open()
    for (const block of blocks.slice(0, 150)) {
      namespace.left = 0
      await expect(put(bridge, block)).rejects.toThrow('no room')
      expect(bridge.tip.height).toBe(block.height - 1)
      expect(bridge.maker.stump().equals(stumpAfter(block.height - 1))).toBe(true)
      namespace.left = Infinity
      await put(bridge, block)
    }
    expect(bytesToHex((await store().proof(hashAt(150)!))!)).toBe(chain[149]!.uproof)
  })

  it('stays where it came to when the store refuses to go back', async () => {
    const bridge = await open()
    for (const block of blocks.slice(0, 150)) await put(bridge, block)
    namespace.left = 3
    await expect(bridge.rewind(100)).rejects.toThrow('no room')
    expect(bridge.tip).toEqual({ height: 147, hash: hashAt(147) })
    expect(bridge.maker.stump().equals(stumpAfter(147))).toBe(true)
    namespace.left = Infinity
    await bridge.rewind(100)
    expect((await open()).maker.stump().equals(stumpAfter(100))).toBe(true)
  })

  it('begins anew where what takes a block back is gone, also when that is cut short', async () => {
    const bridge = await open()
    for (const block of blocks.slice(0, 150)) await put(bridge, block)
    await namespace.batch([{ type: 'delete', key: `r${(120).toString(16).padStart(8, '0')}` }])
    // 30 blocks back, the mark that all is to be forgotten, and no more.
    namespace.left = 31
    await expect(bridge.rewind(100)).rejects.toThrow('no room')
    expect(bridge.tip.height).toBe(0)
    namespace.left = Infinity
    const reopened = await open()
    expect(reopened.tip.height).toBe(0)
    expect(reopened.maker.liveLeaves).toBe(0)
    const left: string[] = []
    for await (const [key] of namespace.entries()) left.push(key)
    expect(left).toEqual([])
    await put(bridge, blocks[0]!)
    expect(bridge.maker.stump().equals(stumpAfter(1))).toBe(true)
  })

  it('finds where its branch leaves the best chain', async () => {
    const bridge = await open()
    for (const block of blocks.slice(0, 60)) await put(bridge, block)
    expect(await bridge.forkHeight()).toBe(60)
    const other = await BridgeChain.open({
      network: regtest,
      headers: { ...headers, hashAt: (height) => (height > 41 ? regtest.genesisHash : hashAt(height)) },
      store: store(),
      seed: 0,
    })
    expect(await other.forkHeight()).toBe(41)
  })

  it('tells the roots of its own blocks only', async () => {
    const bridge = await open()
    for (const block of blocks.slice(0, 60)) await put(bridge, block)
    expect(await bridge.roots(hashAt(60)!, 60)).toBeInstanceOf(Uint8Array)
    expect(await bridge.roots(regtest.genesisHash, 0)).toBeInstanceOf(Uint8Array)
    expect(await bridge.roots(hashAt(61)!, 61)).toBeUndefined()
    expect(await bridge.roots(hashAt(59)!, 60)).toBeUndefined()
  })

  it.each<[string, string, KeyValueOperation]>([
    ['a mark of another size', 'store-corrupt', { type: 'put', key: 'm', value: new Uint8Array(3) }],
    ['a state too few', 'store-corrupt', { type: 'delete', key: 's00000009' }],
    ['an output too many', 'store-corrupt', { type: 'put', key: 'u00', value: new Uint8Array(52).fill(1) }],
    ['an output cut short', 'store-corrupt', { type: 'put', key: 'u00', value: new Uint8Array(5) }],
  ])('is not opened on %s', async (_, code, operation) => {
    const bridge = await open()
    for (const block of blocks.slice(0, 30)) await put(bridge, block)
    await namespace.batch([operation])
    await expect(open()).rejects.toMatchObject({ code })
  })

  it.each<[string, string, (bridge: BridgeChain) => Promise<unknown>]>([
    ['an output that a block spends', 'u', (bridge) => put(bridge, nextThatSpends())],
    ['a state', 's0000001d', (bridge) => bridge.roots(hashAt(29)!, 29)],
    ['what takes a block back', 'r', (bridge) => bridge.rewind(29)],
  ])('says that its store is damaged where %s is cut short', async (_, prefix, act) => {
    const whole = await open()
    for (const block of blocks.slice(0, nextThatSpends().height - 1)) await put(whole, block)
    const bridge = await open()
    const operations: KeyValueOperation[] = []
    for await (const [key, value] of namespace.entries())
      if (key.startsWith(prefix)) operations.push({ type: 'put', key, value: value.slice(0, 3) })
    await namespace.batch(operations)
    await expect(act(bridge)).rejects.toMatchObject({ name: 'NodeError', code: 'store-corrupt' })
  })

  it('is not opened on what another network has left', async () => {
    const bridge = await open()
    await put(bridge, blocks[0]!)
    await expect(open(hashAt(5))).rejects.toMatchObject({ code: 'store-foreign' })
  })
})
