import { type Block, blockHash, encodePayload, txid, wtxid } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { RawBlock } from '../src/index.ts'
import { block, collect, hashOf, header, MINUTE, ready, transaction, watch } from './support/requests.ts'

describe('getBlocks', () => {
  it('asks for many at once, delivers each as it arrives, and ends', async () => {
    const remote = await ready()
    const blocks = [block(1), block(2), block(3)]
    const hashes = blocks.map(({ header }) => blockHash(header))
    const { items, end } = collect(remote.peer.getBlocks(hashes))
    await remote.settle()
    expect(remote.heard()).toEqual([
      { type: 'getdata', inventory: hashes.map((hash) => ({ type: 0x40000002, hash })) },
    ])
    expect(remote.peer.info().blocksInFlight).toHaveLength(3)
    for (const n of [2, 0, 1]) {
      await remote.say({ type: 'block', block: blocks[n]! })
      expect(items.at(-1)).toMatchObject({ hash: hashes[n], block: { header: { nonce: n + 1 } } })
    }
    expect(end.value()).toBe('end')
    expect(remote.peer.info()).toMatchObject({ blocksInFlight: [], requestsInFlight: 0 })
    expect(remote.handedOn()).toEqual([])
  })

  it('keeps no more than its window between the remote and the caller', async () => {
    const remote = await ready()
    const blocks = Array.from({ length: 40 }, (_, n) => block(n))
    const hashes = blocks.map(({ header }) => blockHash(header))
    const iterator = remote.peer.getRawBlocks(hashes, { window: 4 })[Symbol.asyncIterator]()
    await remote.settle()
    let asked = remote.heardOf('getdata')!.inventory.length
    expect(asked).toBe(4)
    for (let n = 0; n < 4; n++) await remote.say({ type: 'block', block: blocks[n]! })
    expect(remote.heard()).toEqual([])
    for (let n = 0; n < 40; n++) {
      const { value } = (await iterator.next()) as IteratorYieldResult<RawBlock>
      expect(value.hash).toEqual(hashes[n])
      for (const { inventory } of remote.heard().filter((message) => message.type === 'getdata')) {
        for (const { hash } of inventory) {
          asked += 1
          await remote.say({
            type: 'block',
            block: blocks[hashes.findIndex((other) => Buffer.compare(other, hash) === 0)]!,
          })
        }
      }
      expect(asked - n).toBeLessThanOrEqual(5)
    }
    expect(asked).toBe(40)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('asks in messages of at most 1,000, however wide its window', async () => {
    const remote = await ready()
    const hashes = Array.from({ length: 2_500 }, (_, n) => blockHash(header(n)))
    collect(remote.peer.getBlocks(hashes, { window: 2_500 }))
    await remote.settle()
    const asked = remote.heard().map((message) => (message.type === 'getdata' ? message.inventory : []))
    expect(asked.map(({ length }) => length)).toEqual([1_000, 1_000, 500])
    expect(asked.flat().map(({ hash }) => hash)).toEqual(hashes)
  })

  it('delivers what came before it fails with what is missing', async () => {
    const remote = await ready()
    const hashes = [blockHash(header(1)), hashOf(5), hashOf(6)]
    const { items, end } = collect(remote.peer.getBlocks(hashes))
    await remote.settle()
    await remote.say({ type: 'notfound', inventory: [{ type: 0x40000002, hash: hashOf(5) }] })
    await remote.say({ type: 'block', block: block(1) })
    expect(end.error()).toBeUndefined()
    await remote.say({ type: 'notfound', inventory: [{ type: 2, hash: hashOf(6) }] })
    expect(items).toHaveLength(1)
    expect(end.error()).toMatchObject({ code: 'not-found', missing: [hashOf(5), hashOf(6)] })
  })

  it('gives a block its whole time from when it was asked for, however long the caller took to make room', async () => {
    const remote = await ready()
    const hashes = [1, 2, 3].map((n) => blockHash(header(n)))
    const options = { window: 2, timeout: MINUTE }
    const iterator = remote.peer.getRawBlocks(hashes, options)[Symbol.asyncIterator]()
    await remote.settle()
    for (const n of [1, 2]) await remote.say({ type: 'block', block: block(n) })
    remote.heard()
    await remote.clock.advance(50_000)
    await iterator.next()
    await iterator.next()
    await remote.settle()
    expect(remote.heardOf('getdata')!.inventory.map(({ hash }) => hash)).toEqual([hashes[2]])
    await remote.clock.advance(MINUTE - 1)
    await remote.say({ type: 'block', block: block(3) })
    const { value } = (await iterator.next()) as IteratorYieldResult<RawBlock>
    expect(value.hash).toEqual(hashes[2])
  })

  it('times out when nothing comes for a while, counting from the last that came', async () => {
    const remote = await ready()
    const { items, end } = collect(
      remote.peer.getBlocks([blockHash(header(1)), hashOf(5)], { timeout: MINUTE }),
    )
    await remote.clock.advance(MINUTE - 1)
    await remote.say({ type: 'block', block: block(1) })
    await remote.clock.advance(MINUTE - 1)
    expect(end.error()).toBeUndefined()
    await remote.clock.advance(1)
    expect(items).toHaveLength(1)
    expect(end.error()).toMatchObject({ code: 'timeout', request: 'getBlocks', missing: [hashOf(5)] })
    expect(remote.reason).toBeUndefined()
  })

  it('two requests for one block ask once and are both answered', async () => {
    const remote = await ready()
    const hash = blockHash(header(1))
    const a = watch(remote.peer.getBlock(hash))
    const b = watch(remote.peer.getBlock(hash))
    await remote.settle()
    expect(remote.heardTypes()).toEqual(['getdata'])
    await remote.say({ type: 'block', block: block(1) })
    expect(a.value()?.hash).toEqual(hash)
    expect(b.value()?.hash).toEqual(hash)
  })

  it('left early, drops what still comes without calling it unasked', async () => {
    const remote = await ready()
    const unrequested: string[] = []
    remote.peer.events.on('unrequested', ({ message }) => unrequested.push(message.type))
    const run = (async () => {
      for await (const { hash } of remote.peer.getBlocks([blockHash(header(1)), blockHash(header(2))]))
        return hash
      return undefined
    })()
    await remote.say({ type: 'block', block: block(1) })
    expect(await run).toEqual(blockHash(header(1)))
    await remote.say({ type: 'block', block: block(2) })
    expect(unrequested).toEqual([])
    expect(remote.handedOn()).toEqual([])
    expect(remote.peer.info().requestsInFlight).toBe(0)
  })

  it('of none ends at once', async () => {
    const remote = await ready()
    const { end } = collect(remote.peer.getBlocks([]))
    await remote.settle()
    expect(end.value()).toBe('end')
  })

  it('a block whose transactions do not decode ends the request; raw, it is delivered', async () => {
    const remote = await ready()
    const payload = new Uint8Array(90).fill(255)
    payload.set(encodeHeaderOf(block(1)), 0)
    const decoded = watch(remote.peer.getBlock(blockHash(header(1))))
    await remote.sayRaw('block', payload)
    expect(decoded.error()).toMatchObject({ code: 'malformed-reply' })
    const raw = collect(remote.peer.getRawBlocks([blockHash(header(1))]))
    await remote.settle()
    await remote.sayRaw('block', payload)
    expect(raw.items).toMatchObject([{ payload }])
    expect(remote.reason).toBeUndefined()
  })
})

function encodeHeaderOf({ header }: Block): Uint8Array {
  const bytes = new Uint8Array(80)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, header.version, true)
  bytes.set(header.previousBlockHash, 4)
  bytes.set(header.merkleRoot, 36)
  view.setUint32(68, header.time, true)
  view.setUint32(72, header.bits, true)
  view.setUint32(76, header.nonce, true)
  return bytes
}

describe('getTransactions', () => {
  it('keeps of what has come no chunk that it came in, while others are waited for', async () => {
    const remote = await ready()
    const id = txid(transaction(1))
    const reply = watch(remote.peer.getTransactions([{ kind: 'txid', hash: id }]))
    await remote.settle()
    const { command, payload } = encodePayload({ type: 'tx', transaction: transaction(1) })
    const chunk = new Uint8Array(65_536)
    chunk.set(payload, 100)
    await remote.sayRaw(command, chunk.subarray(100, 100 + payload.length))
    const [found] = reply.value()!.transactions
    expect(txid(found!)).toEqual(id)
    expect(found!.inputs[0]!.previousOutput.txid.buffer.byteLength).toBe(payload.length)
  })

  it('by txid and by wtxid, some of them not found', async () => {
    const remote = await ready()
    const plain = transaction(1)
    const segwit = transaction(2, [Uint8Array.of(1)])
    const reply = watch(
      remote.peer.getTransactions([
        { kind: 'txid', hash: txid(plain) },
        { kind: 'wtxid', hash: wtxid(segwit) },
        { kind: 'txid', hash: hashOf(7) as Uint8Array as never },
      ]),
    )
    await remote.settle()
    expect(remote.heard()).toEqual([
      {
        type: 'getdata',
        inventory: [
          { type: 0x40000001, hash: txid(plain) },
          { type: 5, hash: wtxid(segwit) },
          { type: 0x40000001, hash: hashOf(7) },
        ],
      },
    ])
    await remote.say({ type: 'tx', transaction: segwit }, { type: 'tx', transaction: plain })
    await remote.say({ type: 'notfound', inventory: [{ type: 0x40000001, hash: hashOf(7) }] })
    expect(reply.value()?.transactions.map(({ lockTime }) => lockTime)).toEqual([2, 1])
    expect(reply.value()?.notFound).toEqual([{ kind: 'txid', hash: hashOf(7) }])
  })

  it('are welcome on a connection that wants none announced', async () => {
    const remote = await ready({ version: { relay: false } })
    const reply = watch(remote.peer.getTransactions([{ kind: 'txid', hash: txid(transaction(1)) }]))
    await remote.say({ type: 'tx', transaction: transaction(1) })
    expect(reply.value()?.transactions).toHaveLength(1)
    await remote.say({ type: 'tx', transaction: transaction(2) })
    expect(remote.reason?.code).toBe('unwanted-transactions')
  })

  it('asks in messages of at most 1,000', async () => {
    const remote = await ready()
    const ids = Array.from({ length: 2_500 }, (_, n) => {
      const hash = new Uint8Array(32)
      new DataView(hash.buffer).setUint32(0, n)
      return { kind: 'txid', hash: hash as Uint8Array as never } as const
    })
    const reply = watch(remote.peer.getTransactions(ids))
    await remote.settle()
    expect(remote.heard().map((message) => message.type === 'getdata' && message.inventory.length)).toEqual([
      1_000, 1_000, 500,
    ])
    await remote.peer.disconnect({ detail: 'enough' })
    await remote.settle()
    expect(reply.error()).toMatchObject({ code: 'disconnected', reason: { code: 'requested' } })
    expect(reply.error()?.missing).toHaveLength(2_500)
  })
})
