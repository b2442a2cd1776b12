import {
  decodeTransaction,
  encodeTransaction,
  type InventoryVector,
  type Message,
  type Transaction,
  type Txid,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import { type PeerId, peerId } from '@sapwood/peer'
import { describe, expect, it, vi } from 'vitest'
import { coinbaseAt, mineBlock, regtest } from '../../test/support/make-chain.ts'
import { after, alice, bob, carol, NOON, seededRandom, wallTime } from '../../test/support/peer-ids.ts'
import { LISTENER_WAIT } from './own-broadcasts.ts'
import type { TransactionPeer } from './relay-peer.ts'
import type { TransactionAction } from './transaction-action.ts'
import { TransactionRelay } from './transaction-relay.ts'

const WTX = 5
const TX = 1
const outbound: TransactionPeer = {
  relays: true,
  mayAnnounce: true,
  outbound: true,
  wtxidRelay: true,
  commonVersion: 70_016,
}
const inbound: TransactionPeer = { ...outbound, outbound: false }
const old: TransactionPeer = { ...outbound, wtxidRelay: false }

let counter = 0

function transaction(script = new Uint8Array(22).fill(0x51), spends?: Txid): Transaction {
  counter++
  return {
    version: 2,
    inputs: [
      {
        previousOutput: {
          txid: spends ?? (new Uint8Array(32).fill(counter) as Uint8Array as Txid),
          index: 0,
        },
        scriptSig: new Uint8Array(),
        sequence: 0xffffffff,
        witness: [new Uint8Array(64).fill(counter)],
      },
    ],
    outputs: [{ value: 1000n + BigInt(counter), scriptPubKey: script }],
    lockTime: 0,
  }
}

/** The same txid for each, another wtxid. */
function withWitness(byte: number): Transaction {
  const spent = new Uint8Array(32).fill(0xaa) as Uint8Array as Txid
  const [input] = transaction().inputs
  return {
    ...transaction(),
    inputs: [{ ...input!, witness: [Uint8Array.of(byte)], previousOutput: { txid: spent, index: 0 } }],
    outputs: [{ value: 1000n, scriptPubKey: new Uint8Array(22).fill(0x51) }],
  }
}

/** Height of the chain that is known. */
const TIP = 100

function relayWith(peers: Readonly<Record<number, TransactionPeer>>, options = {}): TransactionRelay {
  const relay = new TransactionRelay(options, { random: seededRandom(7), wallTime, tipHeight: () => TIP })
  for (const [id, facts] of Object.entries(peers)) relay.addPeer(peerId(Number(id)), facts, NOON)
  return relay
}

function inv(type: number, ...transactions: readonly Transaction[]): InventoryVector[] {
  return transactions.map((tx) => ({ type, hash: type === WTX ? wtxid(tx) : txid(tx) }))
}

function sent<T extends Message['type']>(
  actions: readonly TransactionAction[],
  type: T,
): { peer: PeerId; message: Message & { type: T } }[] {
  return actions.flatMap((action) =>
    action.type === 'send' && action.message.type === type
      ? [{ peer: action.peer, message: action.message as Message & { type: T } }]
      : [],
  )
}

function requests(actions: readonly TransactionAction[]): [PeerId, number][] {
  return sent(actions, 'getdata').flatMap(({ peer, message }) =>
    message.inventory.map(({ type }) => [peer, type] as [PeerId, number]),
  )
}

describe('what peers announce', () => {
  it('is asked of an outbound peer at once', () => {
    const relay = relayWith({ 1: outbound })
    expect(requests(relay.onInventory(alice, inv(WTX, transaction()), NOON))).toEqual([[alice, WTX]])
  })

  it('is asked for once, however many announce it', () => {
    const relay = relayWith({ 1: outbound, 2: outbound })
    const tx = transaction()
    relay.onInventory(alice, inv(WTX, tx), NOON)
    expect(requests(relay.onInventory(bob, inv(WTX, tx), NOON))).toEqual([])
    expect(requests(relay.onInventory(alice, inv(WTX, tx), NOON))).toEqual([])
  })

  it('is asked of an inbound peer two seconds later, and of an outbound one before that', () => {
    const relay = relayWith({ 1: inbound, 2: outbound })
    const [first, second] = [transaction(), transaction()]
    expect(requests(relay.onInventory(alice, inv(WTX, first, second), NOON))).toEqual([])
    expect(requests(relay.onInventory(bob, inv(WTX, first), after(1000)))).toEqual([[bob, WTX]])
    expect(requests(relay.tick(after(1999)))).toEqual([])
    expect(requests(relay.tick(after(2000)))).toEqual([[alice, WTX]])
  })

  it('is asked by txid two seconds later where a wtxid peer is there', () => {
    const alone = relayWith({ 1: old })
    expect(requests(alone.onInventory(alice, inv(TX, transaction()), NOON))).toEqual([[alice, 0x40000001]])
    const relay = relayWith({ 1: old, 2: outbound })
    expect(requests(relay.onInventory(alice, inv(TX, transaction()), NOON))).toEqual([])
    expect(requests(relay.tick(after(2000)))).toEqual([[alice, 0x40000001]])
  })

  it('is passed over when it is of the other kind than was agreed on', () => {
    const relay = relayWith({ 1: old, 2: outbound })
    relay.onInventory(alice, inv(WTX, transaction()), NOON)
    relay.onInventory(bob, inv(TX, transaction()), NOON)
    expect(requests(relay.tick(after(10_000)))).toEqual([])
  })

  it('goes to the next peer after 60 s of silence, at once after notfound, and when a peer is gone', () => {
    const relay = relayWith({ 1: outbound, 2: outbound, 3: outbound })
    const tx = transaction()
    for (const peer of [alice, bob, carol]) relay.onInventory(peer, inv(WTX, tx), NOON)
    expect(requests(relay.tick(after(59_999)))).toEqual([])
    const second = requests(relay.tick(after(60_000)))
    expect(second).toHaveLength(1)
    expect(second[0]![0]).not.toBe(alice)
    const third = requests(relay.onNotFound(second[0]![0], inv(WTX, tx), after(60_001)))
    expect(third).toHaveLength(1)
    expect(requests(relay.removePeer(third[0]![0], after(60_002)))).toEqual([])
  })

  it('is not looked for in what a peer says that it has not got, where the peer has told of none', () => {
    const relay = relayWith({ 1: outbound, 2: outbound })
    relay.onInventory(alice, inv(WTX, transaction()), NOON)
    const looked = vi.fn()
    const inventory = {
      length: 1,
      *[Symbol.iterator]() {
        looked()
        yield* inv(WTX, transaction())
      },
    }
    relay.onNotFound(bob, inventory, NOON)
    expect(looked).not.toHaveBeenCalled()
    relay.onNotFound(alice, inventory, NOON)
    expect(looked).toHaveBeenCalled()
  })

  it('is asked of another when the peer that was asked is gone', () => {
    const relay = relayWith({ 1: outbound, 2: outbound })
    const tx = transaction()
    relay.onInventory(alice, inv(WTX, tx), NOON)
    relay.onInventory(bob, inv(WTX, tx), NOON)
    expect(requests(relay.removePeer(alice, after(1)))).toEqual([[bob, WTX]])
  })

  it('is not asked for again once it is here', () => {
    const relay = relayWith({ 1: outbound, 2: outbound })
    const tx = transaction()
    relay.onInventory(alice, inv(WTX, tx), NOON)
    expect(relay.onTransaction(alice, tx, NOON)).toMatchObject([{ type: 'transaction-heard', peer: alice }])
    expect(relay.onInventory(bob, inv(WTX, tx), NOON)).toEqual([])
    expect(relay.onTransaction(bob, tx, NOON)).toEqual([])
    expect(relay.pool().transactions).toBe(1)
  })

  it('is not asked of the next peer once a block holds it', () => {
    for (const [peers, type] of [
      [{ 1: outbound, 2: outbound }, WTX],
      [{ 1: old, 2: old }, TX],
    ] as const) {
      const relay = relayWith(peers)
      const tx = transaction()
      expect(relay.onInventory(alice, inv(type, tx), NOON)).not.toEqual([])
      relay.onInventory(bob, inv(type, tx), NOON)
      relay.onBlock(mineBlock(regtest.genesis, [coinbaseAt(1), tx]), 1, NOON)
      expect(relay.tick(after(61_000))).toEqual([])
    }
  })

  it('costs no more than 5,000 entries a peer (INVDoS)', () => {
    const relay = relayWith({ 1: inbound })
    const flood = (n: number): InventoryVector[] =>
      Array.from({ length: 50_000 }, (_, i) => {
        const hash = new Uint8Array(32)
        new DataView(hash.buffer).setUint32(0, n * 50_000 + i)
        return { type: WTX, hash }
      })
    for (let n = 0; n < 3; n++) relay.onInventory(alice, flood(n), NOON)
    const made = requests(relay.tick(after(2000)))
    while (relay.isBehind) made.push(...requests(relay.tick(after(2000))))
    expect(made).toHaveLength(5000)
  })

  it('costs the connection beyond 50,000 entries, and from a peer that was told to send none', () => {
    const relay = relayWith({ 1: outbound, 2: { ...outbound, relays: false, mayAnnounce: false } })
    const [entry] = inv(WTX, transaction())
    expect(
      relay.onInventory(
        alice,
        Array.from({ length: 50_001 }, () => entry!),
        NOON,
      ),
    ).toMatchObject([{ type: 'punish' }])
    expect(relay.onInventory(bob, [entry!], NOON)).toMatchObject([{ type: 'disconnect' }])
    expect(relay.onInventory(bob, [{ type: 2, hash: regtest.genesisHash }], NOON)).toEqual([])
    expect(relay.onTransaction(bob, transaction(), NOON)).toMatchObject([{ type: 'disconnect' }])
    expect(relay.pool().transactions).toBe(0)
  })

  it('is heard from a peer that wants to hear of none itself', () => {
    const relay = relayWith({ 1: { ...outbound, relays: false } })
    expect(requests(relay.onInventory(alice, inv(WTX, transaction()), NOON))).toEqual([[alice, WTX]])
    relay.broadcast(transaction(), {}, NOON)
    for (let ms = 0; ms < 60_000; ms += 500) expect(sent(relay.tick(after(ms)), 'inv')).toEqual([])
  })

  it('is let be when we do not listen', () => {
    const relay = relayWith({ 1: outbound }, { listen: false })
    expect(relay.onInventory(alice, inv(WTX, transaction()), NOON)).toEqual([])
  })
})

describe('the pool', () => {
  it('tells of transactions that pay a script, have a txid or spend one', () => {
    const relay = relayWith({ 1: outbound })
    const heard: Uint8Array[] = []
    const script = new Uint8Array(22).fill(0x52)
    const first = transaction()
    const end = relay.subscribe({ scripts: [script], txids: [txid(first)] }, (item) => heard.push(item.txid))
    const pays = transaction(script)
    const spends = transaction(undefined, txid(first))
    for (const tx of [transaction(), pays, first, spends]) relay.onTransaction(alice, tx, NOON)
    expect(heard).toEqual([txid(pays), txid(first), txid(spends)])
    end()
    relay.onTransaction(alice, transaction(script), NOON)
    expect(heard).toHaveLength(3)
  })

  it('lets the oldest go when it is full', () => {
    const relay = relayWith({ 1: outbound }, { poolBytes: 20_000 })
    const all = Array.from({ length: 50 }, () => transaction())
    for (const tx of all) relay.onTransaction(alice, tx, NOON)
    const { transactions, bytes, usage } = relay.pool()
    expect(transactions).toBeGreaterThan(5)
    expect(usage).toBeLessThanOrEqual(20_000)
    expect(usage).toBeGreaterThan(bytes + 1_000 * transactions)
    expect(relay.get(txid(all[0]!))).toBeUndefined()
    expect(relay.get(txid(all[49]!))?.txid).toEqual(txid(all[49]!))
  })

  it('keeps no more alive than the transaction itself', () => {
    const relay = relayWith({ 1: outbound })
    const bytes = encodeTransaction(transaction())
    const chunk = new Uint8Array(1_000_000)
    chunk.set(bytes)
    const view = decodeTransaction(chunk.subarray(0, bytes.length))
    relay.onTransaction(alice, view, NOON)
    const kept = relay.get(txid(view))!.transaction
    expect(kept.outputs[0]!.scriptPubKey.buffer.byteLength).toBe(bytes.length)
    expect(encodeTransaction(kept)).toEqual(bytes)
  })

  it('hands out copies: what was read takes many times the memory of what was not', () => {
    const relay = relayWith({ 1: outbound })
    const tx = transaction()
    const heard: unknown[] = []
    relay.subscribe({ txids: [txid(tx)] }, (item) => heard.push(item.transaction))
    relay.onTransaction(alice, tx, NOON)
    const [kept] = relay.transactions()
    const taken = relay.get(txid(tx))!
    expect(encodeTransaction(taken.transaction)).toEqual(encodeTransaction(kept!))
    expect(taken.transaction).not.toBe(kept)
    expect(heard).not.toContain(kept)
  })

  it('lets go what a block holds', () => {
    const relay = relayWith({ 1: outbound })
    const tx = transaction()
    relay.onTransaction(alice, tx, NOON)
    relay.onBlock(mineBlock(regtest.genesis, [coinbaseAt(1), tx]), 1, NOON)
    expect(relay.pool()).toEqual({ transactions: 0, bytes: 0, usage: 0 })
  })

  it('looks for it in no block that was there for long before it was heard', () => {
    const relay = relayWith({ 1: outbound })
    const tx = transaction()
    const block = mineBlock(regtest.genesis, [coinbaseAt(1), tx])
    relay.onBlock(block, TIP, NOON)
    relay.onTransaction(alice, tx, NOON)
    relay.onBlock(block, -1, NOON)
    expect(relay.pool().transactions).toBe(1)
    // What is told of our own goes by every block, however old: it may have been there already.
    relay.broadcast(tx, {}, NOON)
    relay.onBlock(block, -1, NOON)
    expect(relay.pool().transactions).toBe(0)
    expect(relay.broadcasts()).toMatchObject([{ confirmed: true }])
  })

  it.each([true, false])('looks for nothing where nothing is kept (listens: %s)', (listen) => {
    const relay = relayWith({ 1: outbound }, { listen })
    relay.onInventory(alice, inv(WTX, transaction()), NOON)
    relay.removePeer(alice, NOON)
    const block = mineBlock(regtest.genesis, [coinbaseAt(1), transaction()])
    const looked = vi.fn(() => block.transactions)
    relay.onBlock(
      {
        ...block,
        get transactions() {
          return looked()
        },
      },
      TIP + 1,
      NOON,
    )
    expect(looked).not.toHaveBeenCalled()
  })

  it('looks for it in all blocks of another branch, however far below the tip that branch begins', () => {
    const relay = new TransactionRelay({}, { random: seededRandom(7), wallTime, tipHeight: () => 1_000 })
    relay.addPeer(alice, outbound, NOON)
    const tx = transaction()
    relay.onTransaction(alice, tx, NOON)
    const [oldTip, newTip, fork] = [1_000, 1_001, 200].map((height) => ({
      height,
      hash: regtest.genesisHash,
    }))
    relay.onTipChange({ oldTip: oldTip!, newTip: newTip!, fork: fork!, disconnected: [oldTip!] })
    const block = mineBlock(regtest.genesis, [coinbaseAt(1), tx])
    relay.onBlock(block, 201, NOON)
    expect(relay.pool().transactions).toBe(0)
  })

  it('takes no transaction that can be in no block', () => {
    const relay = relayWith({ 1: outbound })
    const good = transaction()
    const bad: Transaction[] = [
      { ...good, inputs: [] },
      { ...good, outputs: [] },
      { ...good, inputs: [good.inputs[0]!, good.inputs[0]!] },
      { ...good, outputs: [{ value: -1n, scriptPubKey: new Uint8Array() }] },
      { ...good, outputs: [{ value: 2_100_000_000_000_001n, scriptPubKey: new Uint8Array() }] },
      coinbaseAt(1),
      // 64 bytes without its witness: it could pass for two hashes of a merkle tree.
      transaction(new Uint8Array(4)),
    ]
    expect(relay.onTransaction(alice, transaction(new Uint8Array(5)), NOON)).toHaveLength(1)
    for (const tx of bad) expect(relay.onTransaction(alice, tx, NOON)).toEqual([])
    expect(relay.pool().transactions).toBe(1)
  })
})

describe('a broadcast', () => {
  /** Runs the clock until everything queued has been announced. */
  function announced(relay: TransactionRelay, from = 0, until = from + 120_000): Map<PeerId, number> {
    const at = new Map<PeerId, number>()
    for (let ms = from; ms < until; ms += 100) {
      for (const { peer, message } of sent(relay.tick(after(ms)), 'inv')) {
        expect(message.inventory).toHaveLength(1)
        at.set(peer, ms)
      }
    }
    return at
  }

  it('is announced to each peer at its own time, and not at once', () => {
    const relay = relayWith({ 1: outbound, 2: outbound })
    const tx = transaction()
    expect(sent(relay.broadcast(tx, {}, NOON), 'inv')).toEqual([])
    const at = announced(relay)
    expect([...at.keys()].sort()).toEqual([alice, bob])
    expect(at.get(alice)).not.toBe(at.get(bob))
  })

  it('is announced to an only peer that we have dialled at once, and says how far it has come', () => {
    const relay = relayWith({ 1: outbound })
    const tx = transaction()
    const actions = relay.broadcast(tx, {}, NOON)
    expect(sent(actions, 'inv').map(({ peer }) => peer)).toEqual([alice])
    expect(relay.broadcasts()).toMatchObject([{ outcome: 'announced', announcedTo: 1 }])
    relay.serve(alice, { kind: 'wtxid', hash: wtxid(tx) }, NOON)
    expect(relay.broadcasts()).toMatchObject([{ outcome: 'requested' }])
    // A stranger that dialled us has to wait, as always: it may have come to learn what is ours.
    const stranger = relayWith({ 1: inbound })
    expect(sent(stranger.broadcast(transaction(), {}, NOON), 'inv')).toEqual([])
    expect(stranger.broadcasts()).toMatchObject([{ outcome: 'waiting' }])
  })

  it('keeps one of three or more peers out, to hear it from', () => {
    const relay = relayWith({ 1: outbound, 2: outbound, 3: outbound, 4: outbound })
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    const told = announced(relay, 0, LISTENER_WAIT - 100)
    expect(told.size).toBe(3)
    const listener = [1, 2, 3, 4].map(peerId).find((peer) => !told.has(peer))!
    const actions = relay.onInventory(listener, inv(WTX, tx), after(LISTENER_WAIT - 100))
    expect(actions).toMatchObject([{ type: 'broadcast-changed', state: { seenFrom: 1, announcedTo: 3 } }])
    expect(announced(relay, 3_600_000).size).toBe(0)
  })

  it('is repeated to those who have not asked for it, until it is seen back', () => {
    const relay = relayWith({ 1: outbound, 2: outbound, 3: outbound })
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    const first = announced(relay)
    const [asker] = first.keys()
    expect(relay.serve(asker!, { kind: 'wtxid', hash: wtxid(tx) }, NOON).transaction).toBe(tx)
    const second = announced(relay, 15 * 60_000)
    expect([...second.keys()].sort()).toEqual([alice, bob, carol].filter((peer) => peer !== asker))
    expect(relay.broadcasts()).toMatchObject([{ requestedBy: 1, rounds: 2 }])
  })

  it('is given only to peers that it was announced to', () => {
    // An only peer would be told at once.
    const relay = relayWith({ 1: outbound, 3: outbound })
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    const id = { kind: 'wtxid', hash: wtxid(tx) } as const
    expect(relay.serve(alice, id, NOON)).toEqual({ transaction: undefined, actions: [] })
    announced(relay)
    expect(relay.serve(alice, id, NOON)).toMatchObject({
      transaction: tx,
      actions: [{ state: { requestedBy: 1 } }],
    })
    expect(relay.serve(alice, { kind: 'txid', hash: txid(tx) }, NOON).transaction).toBe(tx)
    expect(relay.serve(bob, id, NOON)).toEqual({ transaction: undefined, actions: [] })
  })

  it('is announced by txid to a peer that did not agree on wtxids', () => {
    const relay = relayWith({ 1: old })
    const tx = transaction()
    const invs = sent(relay.broadcast(tx, {}, NOON), 'inv').map(({ message }) => message)
    expect(invs).toEqual([{ type: 'inv', inventory: [{ type: TX, hash: txid(tx) }] }])
  })

  it('is told again to who asks for the mempool, where it was told already and is of use', () => {
    const tx = transaction()
    const relay = relayWith({ 1: outbound, 2: old })
    relay.broadcast(tx, { feeRate: 1_000n }, NOON)
    const told = new Set<PeerId>()
    for (let second = 1; told.size < 2; second++) {
      for (const id of [alice, bob]) expect(relay.toldTo(id)).toHaveLength(told.has(id) ? 1 : 0)
      for (const { peer } of sent(relay.tick(after(second * 100)), 'inv')) told.add(peer)
    }
    expect([relay.toldTo(alice), relay.toldTo(bob)]).toEqual([inv(WTX, tx), inv(TX, tx)])
    // It has come since, and is told in its turn.
    relay.addPeer(carol, outbound, after(30_000))
    expect(relay.toldTo(carol)).toEqual([])
    relay.onFeeFilter(alice, 1_001n)
    expect(relay.toldTo(alice)).toEqual([])
    relay.onBlock(mineBlock(regtest.genesis, [coinbaseAt(1), tx]), 1, after(31_000))
    expect(relay.toldTo(bob)).toEqual([])
  })

  it('does not bother a peer whose fee filter is above its rate', () => {
    const relay = relayWith({ 1: outbound })
    relay.onFeeFilter(alice, 2000n)
    relay.broadcast(transaction(), { feeRate: 1000n }, NOON)
    expect(announced(relay).size).toBe(0)
  })

  it('goes to peers that come later', () => {
    const relay = relayWith({})
    relay.broadcast(transaction(), {}, NOON)
    relay.addPeer(bob, outbound, NOON)
    expect([...announced(relay).keys()]).toEqual([bob])
  })

  it('ends with its block, and when it is taken back', () => {
    const relay = relayWith({ 1: outbound })
    const [first, second] = [transaction(), transaction()]
    relay.broadcast(first, {}, NOON)
    relay.broadcast(second, {}, NOON)
    expect(relay.onBlock(mineBlock(regtest.genesis, [coinbaseAt(1), first]), 1, NOON)).toMatchObject([
      { state: { confirmed: true } },
    ])
    expect(relay.cancelBroadcast(txid(second))).toBe(true)
    expect(relay.cancelBroadcast(txid(second))).toBe(false)
    expect(relay.broadcasts()).toHaveLength(1)
  })

  it('shares one time among all inbound peers', () => {
    const relay = relayWith({ 1: inbound, 2: inbound, 3: inbound, 4: inbound })
    relay.broadcast(transaction(), {}, NOON)
    expect(new Set(announced(relay, 0, LISTENER_WAIT - 100).values()).size).toBe(1)
  })
})

describe('what a stranger does to a broadcast', () => {
  /** Ticks for so long; each peer that is told asks, and says at once that it has it, as those of btcd do. */
  function run(
    relay: TransactionRelay,
    tx: Transaction,
    { from = 0, until, echoes }: { from?: number; until: number; echoes: (peer: PeerId) => boolean },
  ): Map<PeerId, number> {
    const told = new Map<PeerId, number>()
    for (let ms = from; ms < until; ms += 500) {
      for (const { peer } of sent(relay.tick(after(ms)), 'inv')) {
        told.set(peer, ms)
        if (!echoes(peer)) continue
        relay.serve(peer, { kind: 'wtxid', hash: wtxid(tx) }, after(ms))
        relay.onInventory(peer, inv(WTX, tx), after(ms))
        relay.onTransaction(peer, tx, after(ms))
      }
    }
    return told
  }

  it.each(Array.from({ length: 30 }, (_, seed) => seed))(
    'who was told proves nothing by announcing it back, and everybody is told (seed %i)',
    (seed) => {
      const relay = new TransactionRelay({}, { random: seededRandom(seed), wallTime, tipHeight: () => TIP })
      for (const id of [1, 2, 3]) relay.addPeer(peerId(id), id === 3 ? inbound : outbound, NOON)
      const tx = transaction()
      relay.broadcast(tx, {}, NOON)
      const told = run(relay, tx, { until: 150_000, echoes: () => true })
      expect([...told.keys()].sort()).toEqual([alice, bob, carol])
      expect(relay.broadcasts()).toMatchObject([{ seenFrom: 0, requestedBy: 3, announcedTo: 3 }])
      // Nobody has shown that it got anywhere: whoever comes is told.
      relay.addPeer(peerId(9), outbound, after(200_000))
      expect(run(relay, tx, { from: 200_000, until: 230_000, echoes: () => false }).has(peerId(9))).toBe(true)
    },
  )

  it('nor does a stranger by a second connection that was not told, while there are peers of our own choice', () => {
    const relay = relayWith({ 1: outbound, 2: inbound, 3: inbound })
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    for (const peer of [bob, carol]) relay.onInventory(peer, inv(WTX, tx), NOON)
    expect(relay.broadcasts()).toMatchObject([{ seenFrom: 0 }])
    expect(run(relay, tx, { until: 150_000, echoes: () => false }).has(alice)).toBe(true)
    const alone = relayWith({ 2: inbound, 3: inbound })
    alone.broadcast(tx, {}, NOON)
    alone.onInventory(bob, inv(WTX, tx), NOON)
    expect(alone.broadcasts()).toMatchObject([{ seenFrom: 1 }])
  })

  it('nor one that was told and is connected again', () => {
    const relay = relayWith({})
    relay.addPeer(alice, { ...outbound, host: 'a' }, NOON)
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    expect(relay.broadcasts()).toMatchObject([{ announcedTo: 1 }])
    relay.removePeer(alice, after(60_000))
    relay.addPeer(bob, { ...outbound, host: 'a' }, after(61_000))
    relay.onInventory(bob, inv(WTX, tx), after(62_000))
    expect(relay.broadcasts()).toMatchObject([{ seenFrom: 0 }])
    relay.addPeer(carol, { ...outbound, host: 'c' }, after(63_000))
    expect(run(relay, tx, { from: 63_000, until: 1_800_000, echoes: () => false }).has(carol)).toBe(true)
    const other = peerId(9)
    relay.addPeer(other, { ...outbound, host: 'd' }, after(1_800_000))
    relay.onInventory(other, inv(WTX, tx), after(1_800_000))
    expect(relay.broadcasts()).toMatchObject([{ seenFrom: 1 }])
  })

  it('tells the others when one has shown that it has it, the listener too', () => {
    const relay = relayWith({ 1: outbound, 2: outbound, 3: outbound, 4: outbound })
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    relay.addPeer(peerId(9), outbound, NOON)
    relay.onInventory(peerId(9), inv(WTX, tx), NOON)
    const told = run(relay, tx, { until: 40_000, echoes: () => false })
    expect([...told.keys()].sort()).toEqual([1, 2, 3, 4].map(peerId))
    expect(run(relay, tx, { from: 40_000, until: 3_600_000, echoes: () => false }).size).toBe(0)
  })

  it('remembers no more than so many of those who come and go, and counts them all', () => {
    const relay = relayWith({ 1: outbound })
    const tx = transaction()
    relay.broadcast(tx, {}, NOON)
    for (let stranger = 0; stranger < 1_100; stranger++) {
      const id = peerId(100 + stranger)
      const at = 20_000 * (stranger + 1)
      relay.addPeer(id, { ...inbound, host: `h${stranger}` }, after(at))
      relay.tick(after(at))
      relay.tick(after(at + 19_000))
      relay.serve(id, { kind: 'wtxid', hash: wtxid(tx) }, after(at + 19_000))
      relay.removePeer(id, after(at + 19_000))
    }
    const [state] = relay.broadcasts()
    expect(state!.announcedTo).toBeGreaterThan(1_000)
    expect(state!.requestedBy).toBeGreaterThan(1_000)
    expect(state!.requestedByPeers).toHaveLength(1_000)
    // Of so many strangers nobody knows any more who was told: none is believed, whoever there is besides.
    relay.removePeer(alice, after(30_000_000))
    relay.addPeer(peerId(9), { ...inbound, host: 'another' }, after(30_000_000))
    relay.onInventory(peerId(9), inv(WTX, tx), after(30_000_000))
    expect(relay.broadcasts()).toMatchObject([{ seenFrom: 0 }])
  })

  it('counts who had announced it before it began', () => {
    const relay = relayWith({ 1: outbound, 2: outbound, 3: outbound })
    const [fetched, announced] = [transaction(), transaction()]
    relay.onInventory(alice, inv(WTX, fetched, announced), NOON)
    relay.onTransaction(alice, fetched, NOON)
    relay.onInventory(bob, inv(WTX, fetched), NOON)
    expect(relay.broadcast(fetched, {}, NOON)).toMatchObject([{ state: { seenFrom: 2 } }])
    expect(relay.broadcast(announced, {}, NOON)).toMatchObject([{ state: { seenFrom: 1 } }])
    const told = run(relay, fetched, { until: 60_000, echoes: () => false })
    expect(told.has(carol)).toBe(true)
  })
})

describe('a witness that a stranger made up', () => {
  const real = withWitness(1)
  const made = (n: number): Transaction => withWitness(2 + n)

  it('does not keep the real transaction out, and is pushed out by it', () => {
    const relay = relayWith({ 1: outbound, 2: inbound, 3: inbound, 4: inbound, 5: inbound, 6: inbound })
    for (let n = 0; n < 5; n++) relay.onTransaction(peerId(2 + n), made(n), NOON)
    expect(relay.pool().transactions).toBe(3)
    relay.onTransaction(alice, real, NOON)
    expect(relay.pool().transactions).toBe(3)
    expect(wtxid(relay.get(txid(real))!.transaction)).toEqual(wtxid(real))
    for (let n = 5; n < 10; n++) relay.onTransaction(peerId(2 + (n % 5)), made(n), NOON)
    expect([...relay.transactions()].map(wtxid)).toContainEqual(wtxid(real))
    relay.onBlock(mineBlock(regtest.genesis, [coinbaseAt(1), real]), 1, NOON)
    expect(relay.pool()).toEqual({ transactions: 0, bytes: 0, usage: 0 })
  })

  it('has one place for each peer', () => {
    const relay = relayWith({ 1: outbound, 2: inbound })
    relay.onTransaction(alice, real, NOON)
    for (let n = 0; n < 10; n++) relay.onTransaction(bob, made(n), NOON)
    expect(relay.pool().transactions).toBe(2)
  })

  it('does not keep a transaction from being asked for by its txid, up to three times of strangers', () => {
    const relay = relayWith({ 1: old, 2: inbound, 3: { ...old, outbound: false } })
    relay.onInventory(alice, inv(TX, real), NOON)
    relay.onTransaction(bob, made(0), NOON)
    expect(requests(relay.tick(after(2_000)))).toEqual([[alice, 0x40000001]])
    const others = relayWith({ 1: old, 2: inbound, 3: { ...old, outbound: false }, 4: inbound, 5: inbound })
    others.onTransaction(bob, made(0), NOON)
    others.onInventory(carol, inv(TX, real), NOON)
    expect(requests(others.tick(after(4_000)))).toEqual([[carol, 0x40000001]])
    for (const id of [4, 5]) others.onTransaction(peerId(id), made(id), NOON)
    others.addPeer(peerId(6), { ...old, outbound: false }, NOON)
    others.onInventory(peerId(6), inv(TX, real), after(4_000))
    others.onInventory(alice, inv(TX, real), after(4_000))
    expect(requests(others.tick(after(70_000)))).toEqual([[alice, 0x40000001]])
  })

  describe('or left out', () => {
    const [input] = real.inputs
    const bare: Transaction = { ...real, inputs: [{ ...input!, witness: [] }] }

    it('does not keep who announced the txid before from being asked', () => {
      const relay = relayWith({ 1: old, 2: inbound, 3: inbound })
      relay.onInventory(alice, inv(TX, real), NOON)
      relay.onInventory(carol, inv(WTX, bare), NOON)
      relay.onTransaction(bob, bare, NOON)
      expect(requests(relay.tick(after(4_000)))).toEqual([[alice, 0x40000001]])
      expect(relay.onTransaction(alice, real, after(4_001))).toMatchObject([{ type: 'transaction-heard' }])
      expect(requests(relay.tick(after(80_000)))).toEqual([])
    })

    it('does not keep who announces the txid later from being asked, once', () => {
      const relay = relayWith({ 1: old, 2: inbound, 3: inbound, 4: old })
      relay.onTransaction(bob, bare, NOON)
      relay.onInventory(carol, inv(WTX, bare), NOON)
      relay.onInventory(alice, inv(TX, real), NOON)
      expect(requests(relay.tick(after(4_000)))).toEqual([[alice, 0x40000001]])
      expect(relay.onTransaction(alice, bare, after(4_001))).toEqual([])
      relay.onInventory(peerId(4), inv(TX, real), after(4_002))
      expect(requests(relay.tick(after(80_000)))).toEqual([])
    })
  })

  it('ends nobody else’s request for the txid', () => {
    const relay = relayWith({ 1: old, 2: inbound })
    expect(requests(relay.onInventory(alice, inv(TX, real), NOON))).toEqual([])
    relay.onTransaction(bob, made(0), NOON)
    relay.tick(after(2_000))
    relay.onTransaction(bob, made(1), after(2_001))
    expect(relay.onTransaction(alice, real, after(2_002))).toMatchObject([{ type: 'transaction-heard' }])
  })
})

it('tells no peer of before BIP133 our fee filter', () => {
  const relay = new TransactionRelay({}, { random: seededRandom(1), wallTime, tipHeight: () => TIP })
  expect(relay.addPeer(alice, { ...outbound, commonVersion: 70_012 }, NOON)).toEqual([])
  expect(relay.addPeer(bob, { ...outbound, commonVersion: 70_013 }, NOON)).toHaveLength(1)
})
