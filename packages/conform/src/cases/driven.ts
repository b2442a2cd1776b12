import type { DialOptions, TestPeer } from '@sapwood/integration/test-peer'
import {
  blockHash,
  bytesEqual,
  bytesToHex,
  hashToHex,
  InventoryType,
  type InventoryVector,
  type Transaction,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import { MINUTE, SECOND } from '@sapwood/transport-v1v2/environment'
import type { Level, ListeningCase, Need } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { EMPTY_FILTER, filterFor } from './bloom.ts'
import { fateOf, listening } from './case-builders.ts'
import { NO_HASH } from './exchange-builders.ts'
import { bip, core, places, wiki } from './places.ts'

/** The version of the suite that most of these came with. */
const SINCE = '0.2.0'
/** An output that anybody may spend. */
const SCRIPT = Uint8Array.of(0x00, 0x20, ...new Uint8Array(32).fill(0x07))
/** Satoshi of a payment: little of what a block late on regtest brings, and no dust. */
const AMOUNT = 5_000n
/** Milliseconds for a transaction to be announced where the time cannot be brought forward. */
const RELAY_TIMEOUT = 60_000
/** Core tells who dialled it of transactions every 5 s on average: by then it has. */
const RELAY_STEP = 2 * MINUTE
/** Core net_processing.cpp, PING_INTERVAL and TIMEOUT_INTERVAL. */
const PING_INTERVAL = 2 * MINUTE
const PING_TIMEOUT = 20 * MINUTE
/** Core net.h, DEFAULT_PEER_CONNECT_TIMEOUT. */
const HANDSHAKE_TIMEOUT = MINUTE
/** Core node/txdownloadman.h, NONPREF_PEER_TX_DELAY and GETDATA_TX_INTERVAL. */
const INBOUND_DELAY = 2 * SECOND
const TX_REQUEST_INTERVAL = MINUTE

interface More {
  readonly level?: Level
  readonly needs: readonly Need[]
  readonly dial?: DialOptions
  readonly since?: string
}

function driven(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  run: (peer: TestPeer, stage: ListeningStage) => Promise<string>,
  { level = 'core', needs, dial = {}, since = SINCE }: More,
): ListeningCase {
  return listening({ name, level, since, source: { place, says }, accepts, needs }, async (stage) =>
    run(await stage.dial(dial), stage),
  )
}

const MINE: More = { needs: ['network', 'mine'] }
const MUST_MINE: More = { ...MINE, level: 'must' }
const COMPACT_SHOULD: More = { needs: ['network', 'compact-blocks', 'mine'], level: 'should' }
const PAY: More = { needs: ['network', 'pay'], level: 'must' }
const TIME: More = { needs: ['time'] }

const isHash =
  (hex: string) =>
  ({ hash }: InventoryVector): boolean =>
    hashToHex(hash) === hex

/** Tells the target that we have what it has, which it waits for before it announces by more than inv. */
async function showTip(peer: TestPeer, { chain }: ListeningStage): Promise<void> {
  let last = chain.headers.at(-1)
  for (;;) {
    await peer.sync()
    const before = peer.count('headers')
    const locator = [last === undefined ? chain.tip : blockHash(last)]
    await peer.send({ type: 'getheaders', version: 70_016, locator, stopHash: NO_HASH })
    await peer.sync()
    const more = peer.count('headers') > before ? peer.last('headers')!.headers.at(-1) : undefined
    if (more === undefined) break
    last = more
  }
  if (last !== undefined) await peer.send({ type: 'headers', headers: [last] })
  await peer.sync()
}

/** Has the target mine one block. */
async function mineOne({ driver }: ListeningStage): Promise<string> {
  const [hash] = await driver.mine(1)
  return hash!
}

/** The compact block of one that the target has just mined. */
async function minedCompact(peer: TestPeer, stage: ListeningStage) {
  await peer.send({ type: 'sendcmpct', announce: true, version: 2n })
  await showTip(peer, stage)
  const hash = await mineOne(stage)
  const { compactBlock } = await peer.expect(
    'cmpctblock',
    ({ compactBlock: { header } }) => hashToHex(blockHash(header)) === hash,
  )
  return { hash: blockHash(compactBlock.header), compactBlock }
}

/** Brings the target's time forward. @param milliseconds whole seconds of them. */
const pass = ({ driver }: ListeningStage, milliseconds: number): Promise<void> =>
  driver.advance(Math.ceil(milliseconds / SECOND))

const minedCases: readonly ListeningCase[] = [
  driven(
    'mined/announced-by-inv',
    wiki('inv'),
    'A block of its own is announced by inv to who asked for nothing else.',
    ['inv'],
    async (peer, stage) => {
      await peer.sync()
      const hash = await mineOne(stage)
      await peer.expect('inv', ({ inventory }) => inventory.some(isHash(hash)))
      return 'inv'
    },
    MUST_MINE,
  ),
  driven(
    'mined/served',
    wiki('getdata'),
    'A block of its own is given to who asks for it.',
    ['the block'],
    async (peer, stage) => {
      await peer.sync()
      const hash = await mineOne(stage)
      const { inventory } = await peer.expect('inv', (inv) => inv.inventory.some(isHash(hash)))
      const wanted = inventory.find(isHash(hash))!.hash
      await peer.send({ type: 'getdata', inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: wanted }] })
      await peer.expect('block', ({ block }) => hashToHex(blockHash(block.header)) === hash)
      return 'the block'
    },
    MUST_MINE,
  ),
  driven(
    'mined/header-served',
    wiki('getheaders'),
    'The header of a block of its own is the last that getheaders brings.',
    ['the header'],
    async (peer, stage) => {
      const hash = await mineOne(stage)
      await showTip(peer, stage)
      const served = peer.all('headers').flatMap(({ headers }) => headers)
      return served.some((header) => hashToHex(blockHash(header)) === hash) ? 'the header' : 'others'
    },
    MUST_MINE,
  ),
  driven(
    'mined/several-the-last-announced',
    core('net_processing.cpp', 'SendMessages'),
    'Of blocks mined one after the other the last is announced.',
    ['announced'],
    async (peer, stage) => {
      await peer.sync()
      const last = (await stage.driver.mine(3)).at(-1)!
      await peer.expect('inv', ({ inventory }) => inventory.some(isHash(last)))
      return 'announced'
    },
    MINE,
  ),
  driven(
    'bip130/mined/announced-by-headers',
    places(bip(130, 'Specification'), core('net_processing.cpp', 'SendMessages')),
    'A block of its own is announced by headers to who said sendheaders and has its parent.',
    ['headers'],
    async (peer, stage) => {
      await peer.send({ type: 'sendheaders' })
      await showTip(peer, stage)
      const hash = await mineOne(stage)
      await peer.expect('headers', ({ headers }) =>
        headers.some((each) => hashToHex(blockHash(each)) === hash),
      )
      return 'headers'
    },
    MINE,
  ),
  driven(
    'bip152/mined/high-bandwidth-pushed',
    bip(152, 'sendcmpct'),
    'A block of its own goes as cmpctblock to who asked for high bandwidth.',
    ['cmpctblock'],
    async (peer, stage) => {
      await minedCompact(peer, stage)
      return 'cmpctblock'
    },
    COMPACT_SHOULD,
  ),
  driven(
    'bip152/mined/low-bandwidth-not-pushed',
    bip(152, 'sendcmpct'),
    'Who asked for low bandwidth is not sent a cmpctblock unasked.',
    ['announced'],
    async (peer, stage) => {
      await peer.send({ type: 'sendcmpct', announce: false, version: 2n }, { type: 'sendheaders' })
      await showTip(peer, stage)
      const hash = await mineOne(stage)
      await peer.expect('headers', ({ headers }) =>
        headers.some((each) => hashToHex(blockHash(each)) === hash),
      )
      await peer.sync()
      return peer.count('cmpctblock') === 0 ? 'announced' : 'pushed'
    },
    COMPACT_SHOULD,
  ),
  driven(
    'bip152/mined/transactions-given',
    bip(152, 'getblocktxn'),
    'What a cmpctblock has left out is given by getblocktxn.',
    ['the coinbase'],
    async (peer, stage) => {
      const { hash, compactBlock } = await minedCompact(peer, stage)
      await peer.send({ type: 'getblocktxn', blockHash: hash, indexes: Uint16Array.of(0) })
      const { transactions } = await peer.expect('blocktxn', (answer) => bytesEqual(answer.blockHash, hash))
      const prefilled = compactBlock.prefilled[0]!.transaction
      return transactions.length === 1 && bytesEqual(txid(transactions[0]!), txid(prefilled))
        ? 'the coinbase'
        : 'another'
    },
    { ...COMPACT_SHOULD, level: 'must' },
  ),
]

/** Has the target pay, and waits until one of the peers is told of it. @returns what it was told. */
async function hearsOfPayment(peer: TestPeer, stage: ListeningStage): Promise<InventoryVector> {
  await peer.sync()
  const id = await stage.driver.pay(SCRIPT, AMOUNT)
  if (stage.driver.can('time')) await pass(stage, RELAY_STEP)
  for (;;) {
    const { inventory } = await peer.expect('inv', undefined, { timeout: RELAY_TIMEOUT })
    for (const entry of inventory) {
      if (entry.type === InventoryType.BLOCK) continue
      await peer.send({ type: 'getdata', inventory: [entry] })
      const { transaction } = await peer.expect('tx')
      if (hashToHex(txid(transaction)) === id) return entry
    }
  }
}

const paysScript = ({ outputs }: Transaction): boolean =>
  outputs.some(
    ({ scriptPubKey, value }) => value === AMOUNT && bytesToHex(scriptPubKey) === bytesToHex(SCRIPT),
  )

const paidCases: readonly ListeningCase[] = [
  driven(
    'bip339/paid/announced-by-wtxid',
    bip(339, 'Specification'),
    'A transaction of its own is announced by wtxid to who said wtxidrelay.',
    ['by wtxid'],
    async (peer, stage) => {
      const { type, hash } = await hearsOfPayment(peer, stage)
      const isWtxid = bytesEqual(hash, wtxid(peer.last('tx')!.transaction))
      return type === InventoryType.WTX && isWtxid ? 'by wtxid' : 'by txid'
    },
    { ...PAY, needs: [...PAY.needs, 'wtxid-relay'] },
  ),
  driven(
    'bip339/paid/announced-by-txid-to-others',
    bip(339, 'Specification'),
    'Who did not say wtxidrelay is told of transactions by txid.',
    ['by txid'],
    async (peer, stage) => {
      const { type, hash } = await hearsOfPayment(peer, stage)
      const isTxid = bytesEqual(hash, txid(peer.last('tx')!.transaction))
      return type === InventoryType.TX && isTxid ? 'by txid' : 'by wtxid'
    },
    { ...PAY, dial: { between: [] } },
  ),
  driven(
    'paid/served-whole',
    bip(144, 'Relay'),
    'A transaction of its own is given with its witnesses, and pays what it was to pay.',
    ['the payment'],
    async (peer, stage) => {
      await hearsOfPayment(peer, stage)
      const { transaction } = peer.last('tx')!
      const hasWitness = transaction.inputs.some(({ witness }) => witness.length > 0)
      return paysScript(transaction) && hasWitness ? 'the payment' : 'another'
    },
    { ...PAY, needs: [...PAY.needs, 'wtxid-relay'] },
  ),
  driven(
    'bip37/paid/not-told-without-relay',
    bip(37, 'Extensions to existing messages'),
    'Who said in its version that it wants no transactions is told of none.',
    ['not told'],
    async (peer, stage) => {
      await peer.sync()
      await hearsOfPayment(await stage.dial(), stage)
      await peer.sync()
      const told = peer.all('inv').flatMap(({ inventory }) => inventory)
      return told.some(({ type }) => type !== InventoryType.BLOCK) ? 'told' : 'not told'
    },
    { ...PAY, dial: { version: { relay: false } } },
  ),
  driven(
    'bip133/paid/not-told-below-its-fee',
    places(bip(133, 'Specification'), core('net_processing.cpp', 'SendMessages')),
    'Who said by feefilter that it wants more is not told of what pays less.',
    ['not told'],
    async (peer, stage) => {
      await peer.send({ type: 'feefilter', feeRate: 100_000_000n })
      await peer.sync()
      await hearsOfPayment(await stage.dial(), stage)
      await peer.sync()
      const told = peer.all('inv').flatMap(({ inventory }) => inventory)
      return told.some(({ type }) => type !== InventoryType.BLOCK) ? 'told' : 'not told'
    },
    { ...PAY, level: 'core' },
  ),
]

/** What a bloom filter is tested against in an output that pays to {@link SCRIPT}: its push. */
const PUSHED = SCRIPT.subarray(2)
const PAY_BLOOM: More = { ...PAY, needs: [...PAY.needs, 'bloom'], dial: { version: { relay: false } } }

const bloomPaidCases: readonly ListeningCase[] = [
  driven(
    'bip37/paid/told-what-its-filter-matches',
    places(bip(37, 'Extensions to existing messages'), bip(37, 'Filter matching algorithm')),
    'Who has loaded a filter is told of what it matches, though its version wanted no transactions.',
    ['told'],
    async (peer, stage) => {
      await peer.send(filterFor(PUSHED))
      await hearsOfPayment(peer, stage)
      return 'told'
    },
    { ...PAY_BLOOM, since: '0.3.0' },
  ),
  driven(
    'bip37/paid/not-told-what-its-filter-does-not-match',
    bip(37, 'New messages'),
    'Who has loaded a filter is not told of what it does not match.',
    ['not told'],
    async (peer, stage) => {
      await peer.send(EMPTY_FILTER)
      await peer.sync()
      await hearsOfPayment(await stage.dial(), stage)
      await peer.sync()
      const told = peer.all('inv').flatMap(({ inventory }) => inventory)
      return told.some(({ type }) => type !== InventoryType.BLOCK) ? 'told' : 'not told'
    },
    { ...PAY_BLOOM, since: '0.3.0' },
  ),
]

const NO_PONG: DialOptions = { answerPings: false }

const timeCases: readonly ListeningCase[] = [
  driven(
    'bip35/time/mempool-announced',
    bip(35, 'Specification'),
    'mempool is answered by an inv of the transactions that the node has.',
    ['announced'],
    async (giver, stage) => {
      const transaction = stage.payment()
      await giver.send({ type: 'tx', transaction })
      await giver.sync()
      // Who comes after that is told of it by nothing else.
      const peer = await stage.dial()
      await peer.send({ type: 'mempool' })
      await peer.sync()
      await pass(stage, RELAY_STEP)
      const isIt = ({ hash }: InventoryVector): boolean => bytesEqual(hash, wtxid(transaction))
      await peer.expect('inv', ({ inventory }) => inventory.some(isIt))
      return 'announced'
    },
    { needs: ['chain', 'network', 'bloom', 'wtxid-relay', 'time'], level: 'must', since: '0.3.0' },
  ),
  driven(
    'bip31/time/pings-again-after-two-minutes',
    core('net_processing.cpp', 'PING_INTERVAL'),
    'A peer that has answered is pinged again two minutes later.',
    ['pings again'],
    async (peer, stage) => {
      await peer.expect('ping')
      await peer.sync()
      await pass(stage, PING_INTERVAL + SECOND)
      await peer.expect('ping')
      return 'pings again'
    },
    { ...TIME, dial: {} },
  ),
  driven(
    'bip31/time/unanswered-for-nineteen-minutes-alive',
    core('net_processing.cpp', 'TIMEOUT_INTERVAL'),
    'A ping that is not answered ends nothing within twenty minutes.',
    ['alive'],
    async (peer, stage) => {
      await peer.expect('ping')
      await pass(stage, PING_TIMEOUT - MINUTE)
      return await fateOf(peer)
    },
    { ...TIME, dial: NO_PONG },
  ),
  driven(
    'bip31/time/unanswered-for-twenty-minutes-closed',
    core('net_processing.cpp', 'TIMEOUT_INTERVAL'),
    'A ping that is not answered within twenty minutes ends the connection.',
    ['closed'],
    async (peer, stage) => {
      await peer.expect('ping')
      await pass(stage, PING_TIMEOUT + SECOND)
      await peer.expectClosed()
      return 'closed'
    },
    { ...TIME, dial: NO_PONG },
  ),
  driven(
    'handshake/time/without-version-closed',
    core('net.cpp', 'CConnman::InactivityCheck'),
    'Who has sent no version within a minute is hung up on.',
    ['closed'],
    async (peer, stage) => {
      // Connections are taken in turn: who has shaken hands on a later one has taken this one too.
      await stage.dial()
      await pass(stage, HANDSHAKE_TIMEOUT + SECOND)
      await peer.expectClosed()
      return 'closed'
    },
    { ...TIME, dial: { handshake: 'transport' } },
  ),
  driven(
    'handshake/time/without-verack-closed',
    core('net.cpp', 'CConnman::InactivityCheck'),
    'Who has sent no verack within a minute is hung up on.',
    ['closed'],
    async (peer, stage) => {
      await peer.sendVersion()
      await peer.expect('verack')
      await pass(stage, HANDSHAKE_TIMEOUT + SECOND)
      await peer.expectClosed()
      return 'closed'
    },
    { ...TIME, dial: { handshake: 'transport' } },
  ),
  driven(
    'inv/time/asked-of-another-after-a-minute',
    core('node/txdownloadman.h', 'GETDATA_TX_INTERVAL'),
    'A transaction that one peer does not give is asked of another that has it.',
    ['asked of both'],
    async (peer, stage) => {
      const other = await stage.dial()
      const hash = wtxid(stage.payment())
      const asks = ({ inventory }: { readonly inventory: readonly InventoryVector[] }): boolean =>
        inventory.some((entry) => bytesEqual(entry.hash, hash))
      for (const each of [peer, other]) {
        await each.send({ type: 'inv', inventory: [{ type: InventoryType.WTX, hash }] })
        await each.sync()
      }
      await pass(stage, INBOUND_DELAY + SECOND)
      const asked = [peer, other].map((each) => each.expect('getdata', asks))
      await Promise.race(asked)
      await pass(stage, TX_REQUEST_INTERVAL + SECOND)
      await Promise.all(asked)
      return 'asked of both'
    },
    { needs: ['chain', 'network', 'wtxid-relay', 'time'] },
  ),
]

/** What needs more than the P2P port: a driver has the target mine, pay, and live through its deadlines. */
export const drivenCases: readonly ListeningCase[] = [
  ...minedCases,
  ...paidCases,
  ...bloomPaidCases,
  ...timeCases,
]
