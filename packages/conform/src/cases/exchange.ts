import { mineBlockOn } from '@sapwood/integration'
import { listPayload, type TestPeer } from '@sapwood/integration/test-peer'
import {
  asBlockHash,
  type BlockHash,
  blockHash,
  buildCompactBlock,
  bytesEqual,
  concatBytes,
  encodeBlock,
  encodeHeader,
  type GossipedAddress,
  hasWitness,
  InventoryType,
  type Message,
  regtest,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import type { ListeningCase, Need } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { afterwards, fateOf, listening } from './case-builders.ts'

const NO_HASH: BlockHash = asBlockHash(new Uint8Array(32))
const UNKNOWN_HASH: BlockHash = asBlockHash(new Uint8Array(32).fill(0x5a))
const ENTRY = new Uint8Array(36)
const TX_ENTRY = concatBytes(Uint8Array.of(1, 0, 0, 0), new Uint8Array(32).fill(0x5a))
const CHAIN: { readonly needs: readonly Need[] } = { needs: ['chain'] }

type Level = ListeningCase['level']
type Send = (peer: TestPeer, stage: ListeningStage) => Promise<void>

function fate(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  send: Send,
  more: { readonly level?: Level; readonly needs?: readonly Need[] } = {},
): ListeningCase {
  const { level = 'core', needs } = more
  return afterwards(
    { name, level, source: { place, says }, accepts, ...(needs === undefined ? {} : { needs }) },
    send,
  )
}

function sees(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  run: (peer: TestPeer, stage: ListeningStage) => Promise<string>,
  more: { readonly level?: Level; readonly needs?: readonly Need[] } = CHAIN,
): ListeningCase {
  const { level = 'core', needs } = more
  return listening(
    { name, level, source: { place, says }, accepts, ...(needs === undefined ? {} : { needs }) },
    async (stage) => run(await stage.dial(), stage),
  )
}

/**
 * Answers what the target asks at the beginning: Core has one `getheaders` under way with a peer, for two
 * minutes.
 */
async function settle(peer: TestPeer): Promise<void> {
  await peer.sync()
  await peer.send({ type: 'headers', headers: [] })
  await peer.sync()
}

const address = (network: GossipedAddress['address']['network'], bytes: Uint8Array): GossipedAddress => ({
  time: 1_700_000_000,
  services: 9n,
  address: { network, bytes, port: 8_333 },
})
const addrEntry = new Uint8Array(30)

const PROCESS = 'Core net_processing.cpp, ProcessMessage'

const addresses: readonly ListeningCase[] = [
  fate('addr/1000-taken', `${PROCESS} "addr"`, 'addr has 1,000 entries at the most.', ['alive'], (peer) =>
    peer.sendRaw('addr', listPayload(1_000, addrEntry)),
  ),
  fate(
    'addr/1001-refused',
    `${PROCESS} "addr"`,
    'More than 1,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('addr', listPayload(1_001, addrEntry)),
  ),
  fate('addr/empty', `${PROCESS} "addr"`, 'An addr may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'addr', addresses: [] }),
  ),
  fate('bip155/addrv2/1000-taken', 'BIP155', 'addrv2 has 1,000 entries at the most.', ['alive'], (peer) =>
    peer.send({
      type: 'addrv2',
      addresses: Array.from({ length: 1_000 }, (_, i) =>
        address('ipv4', Uint8Array.of(203, 0, 113, i & 0xff)),
      ),
    }),
  ),
  fate(
    'bip155/addrv2/1001-refused',
    'BIP155; Core net_processing.cpp, "addrv2"',
    'More than 1,000 entries end the connection.',
    ['closed'],
    (peer) =>
      peer.sendRaw('addrv2', listPayload(1_001, Uint8Array.of(0, 0, 0, 0, 0, 1, 4, 203, 0, 113, 1, 0, 1))),
  ),
  fate(
    'bip155/addrv2/unknown-network-ignored',
    'BIP155',
    'Addresses of a network that is not known are ignored.',
    ['alive'],
    (peer) => peer.sendRaw('addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 3, 1, 2, 3, 0, 1)),
    { level: 'must' },
  ),
  fate(
    'bip155/addrv2/unknown-network-512-bytes',
    'BIP155',
    'An address has 512 bytes at the most.',
    ['alive'],
    (peer) =>
      peer.sendRaw(
        'addrv2',
        concatBytes(
          Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 0xfd, 0, 2),
          new Uint8Array(512),
          Uint8Array.of(0, 1),
        ),
      ),
  ),
  fate(
    'bip155/addrv2/513-bytes',
    'BIP155',
    'A longer address is to be refused: the message or the peer.',
    ['alive', 'closed'],
    (peer) =>
      peer.sendRaw(
        'addrv2',
        concatBytes(
          Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 0xfd, 1, 2),
          new Uint8Array(513),
          Uint8Array.of(0, 1),
        ),
      ),
    { level: 'should' },
  ),
  fate(
    'bip155/addrv2/ipv4-of-5-bytes',
    'BIP155',
    'A known network with another length is to be refused: the message or the peer.',
    ['alive', 'closed'],
    (peer) => peer.sendRaw('addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 5, 1, 2, 3, 4, 5, 0, 1)),
    { level: 'should' },
  ),
  fate('bip155/addrv2/torv2-ignored', 'BIP155', 'Addresses of Tor v2 are ignored.', ['alive'], (peer) =>
    peer.sendRaw(
      'addrv2',
      concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 1, 3, 10), new Uint8Array(10), Uint8Array.of(0, 1)),
    ),
  ),
  fate('bip155/addrv2/empty', 'BIP155', 'An addrv2 may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'addrv2', addresses: [] }),
  ),
  fate('getaddr/once', `${PROCESS} "getaddr"`, 'Who dials may ask for addresses.', ['alive'], (peer) =>
    peer.send({ type: 'getaddr' }),
  ),
  fate('getaddr/repeated', `${PROCESS} "getaddr"`, 'A second getaddr is ignored.', ['alive'], (peer) =>
    peer.send({ type: 'getaddr' }, { type: 'getaddr' }, { type: 'getaddr' }),
  ),
]

const inventories: readonly ListeningCase[] = [
  fate('inv/50000-taken', `${PROCESS} "inv"`, 'inv has 50,000 entries at the most.', ['alive'], (peer) =>
    peer.sendRaw('inv', listPayload(50_000, ENTRY)),
  ),
  fate(
    'inv/50001-refused',
    `${PROCESS} "inv"`,
    'More than 50,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('inv', listPayload(50_001, ENTRY)),
  ),
  fate('inv/empty', `${PROCESS} "inv"`, 'An inv may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'inv', inventory: [] }),
  ),
  fate(
    'inv/unknown-type-ignored',
    `${PROCESS} "inv"`,
    'Entries of a type that is not known are ignored.',
    ['alive'],
    (peer) => peer.sendRaw('inv', Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, ...new Uint8Array(32))),
  ),
  sees(
    'inv/unknown-block-asks-for-headers',
    `${PROCESS} "inv"`,
    'A block that is not known is asked for by getheaders.',
    ['getheaders'],
    async (peer) => {
      await settle(peer)
      const before = peer.count('getheaders')
      await peer.send({
        type: 'inv',
        inventory: [{ type: InventoryType.BLOCK, hash: UNKNOWN_HASH }],
      })
      await peer.sync()
      return peer.count('getheaders') > before ? 'getheaders' : 'nothing'
    },
    {},
  ),
  fate(
    'getdata/50001-refused',
    `${PROCESS} "getdata"`,
    'More than 50,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('getdata', listPayload(50_001, ENTRY)),
  ),
  fate('getdata/empty', `${PROCESS} "getdata"`, 'A getdata may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'getdata', inventory: [] }),
  ),
  fate(
    'getdata/unknown-block-survived',
    `${PROCESS} "getdata"`,
    'A block that is not there is not answered.',
    ['alive'],
    (peer) =>
      peer.send({
        type: 'getdata',
        inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: UNKNOWN_HASH }],
      }),
  ),
  sees(
    'getdata/unknown-transaction-notfound',
    'Protocol documentation, "notfound"; Core net_processing.cpp, ProcessGetData',
    'A transaction that is not there is answered with notfound.',
    ['notfound'],
    async (peer) => {
      await peer.sendRaw('getdata', listPayload(1, TX_ENTRY))
      await peer.expect('notfound', ({ inventory }) => inventory.length === 1)
      return 'notfound'
    },
    {},
  ),
  fate(
    'notfound/unasked-ignored',
    `${PROCESS} "notfound"`,
    'A notfound that nobody waits for is ignored.',
    ['alive'],
    (peer) => peer.sendRaw('notfound', listPayload(1, TX_ENTRY)),
  ),
  fate(
    'notfound/50001-ignored',
    `${PROCESS} "notfound"`,
    'A notfound that is too long is ignored.',
    ['alive'],
    (peer) => peer.sendRaw('notfound', listPayload(50_001, TX_ENTRY)),
  ),
  fate(
    'getblocks/101-taken',
    `${PROCESS} "getblocks"`,
    'A locator has 101 hashes at the most.',
    ['alive'],
    (peer) => peer.sendRaw('getblocks', locator(101)),
  ),
  fate(
    'getblocks/102-refused',
    `${PROCESS} "getblocks"`,
    'A longer locator ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('getblocks', locator(102)),
  ),
  fate(
    'getheaders/101-taken',
    `${PROCESS} "getheaders"`,
    'A locator has 101 hashes at the most.',
    ['alive'],
    (peer) => peer.sendRaw('getheaders', locator(101)),
  ),
  fate(
    'getheaders/102-refused',
    `${PROCESS} "getheaders"`,
    'A longer locator ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('getheaders', locator(102)),
  ),
]

function locator(count: number): Uint8Array {
  return concatBytes(Uint8Array.of(0x80, 0x11, 1, 0), listPayload(count, UNKNOWN_HASH), NO_HASH)
}

const ask = (locatorHashes: readonly BlockHash[], stopHash: BlockHash = NO_HASH): Message => ({
  type: 'getheaders',
  version: 70_016,
  locator: locatorHashes,
  stopHash,
})

const served: readonly ListeningCase[] = [
  sees(
    'getheaders/2000-at-the-most',
    `${PROCESS} "getheaders"`,
    'headers has 2,000 entries at the most.',
    ['2000'],
    async (peer) => {
      await peer.send(ask([regtest.genesisHash]))
      return String((await peer.expect('headers')).headers.length)
    },
  ),
  sees(
    'getheaders/after-the-locator',
    `${PROCESS} "getheaders"`,
    'headers follow the first hash that is known.',
    ['the next'],
    async (peer, { chain }) => {
      await peer.send(ask([UNKNOWN_HASH, chain.at(100)!.hash, chain.at(50)!.hash]))
      const [first] = (await peer.expect('headers')).headers
      return first !== undefined && bytesEqual(blockHash(first), chain.at(101)!.hash) ? 'the next' : 'others'
    },
  ),
  sees(
    'getheaders/up-to-the-stop',
    `${PROCESS} "getheaders"`,
    'The header of the stop hash is the last.',
    ['5'],
    async (peer, { chain }) => {
      await peer.send(ask([chain.at(10)!.hash], chain.at(15)!.hash))
      return String((await peer.expect('headers')).headers.length)
    },
  ),
  sees(
    'getheaders/no-locator-gives-the-stop-alone',
    `${PROCESS} "getheaders"`,
    'Without a locator the header of the stop hash is the answer.',
    ['that one'],
    async (peer, { chain }) => {
      await peer.send(ask([], chain.at(15)!.hash))
      const { headers } = await peer.expect('headers')
      return headers.length === 1 && bytesEqual(blockHash(headers[0]!), chain.at(15)!.hash)
        ? 'that one'
        : `${headers.length} headers`
    },
  ),
  sees(
    'getheaders/nothing-known-begins-at-genesis',
    `${PROCESS} "getheaders"`,
    'Where no hash is known the headers begin after the genesis block.',
    ['from height 1'],
    async (peer, { chain }) => {
      await peer.send(ask([UNKNOWN_HASH]))
      const [first] = (await peer.expect('headers')).headers
      return first !== undefined && bytesEqual(blockHash(first), chain.at(1)!.hash)
        ? 'from height 1'
        : 'others'
    },
  ),
  sees(
    'getheaders/at-the-tip-empty',
    `${PROCESS} "getheaders"`,
    'At the tip headers is empty, and is sent.',
    ['0'],
    async (peer, { chain }) => {
      await peer.send(ask([chain.tip]))
      return String((await peer.expect('headers')).headers.length)
    },
  ),
  sees(
    'getblocks/500-at-the-most',
    `${PROCESS} "getblocks"`,
    '500 blocks are announced at the most.',
    ['500'],
    async (peer) => {
      await peer.send({
        type: 'getblocks',
        version: 70_016,
        locator: [regtest.genesisHash],
        stopHash: NO_HASH,
      })
      const { inventory } = await peer.expect('inv', (inv) =>
        inv.inventory.some(({ type }) => type === InventoryType.BLOCK),
      )
      return String(inventory.length)
    },
  ),
  sees(
    'bip144/getdata/block-with-witness',
    'BIP144',
    'MSG_WITNESS_BLOCK gives a block with its witnesses.',
    ['the whole block'],
    async (peer, { chain }) => {
      const wanted = chain.at(3)!
      await peer.send({
        type: 'getdata',
        inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: wanted.hash }],
      })
      const { block } = await peer.expect('block')
      return bytesEqual(encodeBlock(block), wanted.bytes) ? 'the whole block' : 'another'
    },
    { level: 'must', needs: ['chain'] },
  ),
  sees(
    'bip144/getdata/block-without-witness',
    'BIP144',
    'MSG_BLOCK gives a block without witnesses.',
    ['without witness'],
    async (peer, { chain }) => {
      await peer.send({
        type: 'getdata',
        inventory: [{ type: InventoryType.BLOCK, hash: chain.at(3)!.hash }],
      })
      const { block } = await peer.expect('block')
      return block.transactions.some(hasWitness) ? 'with witness' : 'without witness'
    },
    { level: 'must', needs: ['chain'] },
  ),
  sees(
    'getdata/blocks-in-order',
    'Core net_processing.cpp, ProcessGetData',
    'Blocks come in the order in which they are asked for.',
    ['in order'],
    async (peer, { chain }) => {
      const wanted = [9, 4, 7].map((height) => chain.at(height)!)
      await peer.send({
        type: 'getdata',
        inventory: wanted.map(({ hash }) => ({ type: InventoryType.WITNESS_BLOCK, hash: hash as never })),
      })
      for (const { hash } of wanted) {
        const { block } = await peer.expect('block')
        if (!bytesEqual(blockHash(block.header), hash)) return 'out of order'
      }
      return 'in order'
    },
  ),
  sees(
    'bip152/getdata/compact-block-of-the-tip',
    'BIP152',
    'MSG_CMPCT_BLOCK of a recent block gives a cmpctblock.',
    ['compact'],
    async (peer, { chain }) => {
      await peer.send({
        type: 'getdata',
        inventory: [{ type: InventoryType.COMPACT_BLOCK, hash: chain.tip }],
      })
      const { compactBlock } = await peer.expect('cmpctblock')
      return bytesEqual(blockHash(compactBlock.header), chain.tip) ? 'compact' : 'of another block'
    },
  ),
  sees(
    'bip152/getdata/compact-block-of-old-is-whole',
    'BIP152; Core net_processing.cpp, MAX_CMPCTBLOCK_DEPTH',
    'MSG_CMPCT_BLOCK of an old block gives the block.',
    ['whole'],
    async (peer, { chain }) => {
      await peer.send({
        type: 'getdata',
        inventory: [{ type: InventoryType.COMPACT_BLOCK, hash: chain.at(5)!.hash }],
      })
      await peer.expect('block')
      return 'whole'
    },
  ),
  sees(
    'bip152/getblocktxn/answered',
    'BIP152',
    'getblocktxn is answered with the transactions that it names.',
    ['1 transaction'],
    async (peer, { chain }) => {
      await peer.send({ type: 'getblocktxn', blockHash: chain.tip, indexes: Uint16Array.of(0) })
      const { transactions } = await peer.expect('blocktxn')
      return `${transactions.length} transaction`
    },
    { level: 'must', needs: ['chain'] },
  ),
  fate(
    'bip152/getblocktxn/index-past-the-end-refused',
    `${PROCESS} "getblocktxn"`,
    'An index past the end of the block ends the connection.',
    ['closed'],
    (peer, { chain }) =>
      peer.send({ type: 'getblocktxn', blockHash: chain.tip, indexes: Uint16Array.of(9_000) }),
    CHAIN,
  ),
  fate(
    'bip152/getblocktxn/unknown-block-ignored',
    `${PROCESS} "getblocktxn"`,
    'getblocktxn of a block that is not there is ignored.',
    ['alive'],
    (peer) => peer.send({ type: 'getblocktxn', blockHash: UNKNOWN_HASH, indexes: Uint16Array.of(0) }),
  ),
  fate(
    'bip152/blocktxn/unasked-ignored',
    `${PROCESS} "blocktxn"`,
    'A blocktxn that nobody waits for is ignored.',
    ['alive'],
    (peer) => peer.send({ type: 'blocktxn', blockHash: UNKNOWN_HASH, transactions: [] }),
  ),
]

const headerPayload = (headers: readonly Parameters<typeof encodeHeader>[0][]): Uint8Array =>
  concatBytes(
    Uint8Array.of(headers.length),
    ...headers.map((header) => concatBytes(encodeHeader(header), Uint8Array.of(0))),
  )

const headers: readonly ListeningCase[] = [
  fate('headers/empty', `${PROCESS} "headers"`, 'A headers may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'headers', headers: [] }),
  ),
  fate(
    'headers/2001-refused',
    `${PROCESS} "headers"`,
    'More than 2,000 headers end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('headers', listPayload(2_001, new Uint8Array(81))),
  ),
  fate(
    'headers/known',
    `${PROCESS} "headers"`,
    'Headers that are known end nothing.',
    ['alive'],
    (peer, { chain }) => peer.send({ type: 'headers', headers: chain.headers.slice(0, 10) }),
    CHAIN,
  ),
  fate(
    'headers/not-a-chain-refused',
    'Core net_processing.cpp, CheckHeadersAreContinuous',
    'Headers that do not follow each other end the connection.',
    ['closed'],
    (peer, { chain }) => peer.send({ type: 'headers', headers: [chain.headers[3]!, chain.headers[7]!] }),
    CHAIN,
  ),
  fate(
    'headers/without-proof-of-work-refused',
    'Core net_processing.cpp, CheckHeadersPoW',
    'A header without its proof of work ends the connection.',
    ['closed'],
    (peer, { chain }) =>
      peer.send({
        type: 'headers',
        headers: [{ ...unworked(chain.at(chain.height)!.block.header, chain.tip) }],
      }),
    CHAIN,
  ),
  fate(
    'headers/wrong-difficulty-refused',
    'Core validation.cpp, ContextualCheckBlockHeader "bad-diffbits"',
    'A header of another difficulty ends the connection.',
    ['closed'],
    (peer, { chain }) =>
      peer.send({
        type: 'headers',
        headers: [
          { ...chain.at(chain.height)!.block.header, previousBlockHash: chain.tip, bits: 0x1d00ffff },
        ],
      }),
    CHAIN,
  ),
  sees(
    'headers/unconnected-asks-for-headers',
    'Core net_processing.cpp, HandleUnconnectingHeaders',
    'A header whose parent is not known is asked about by getheaders.',
    ['getheaders'],
    async (peer, { chain }) => {
      await settle(peer)
      const before = peer.count('getheaders')
      const { block } = mineBlockOn(chain, { previous: UNKNOWN_HASH, tag: 'unconnected' })
      await peer.sendRaw('headers', headerPayload([block.header]))
      await peer.sync()
      return peer.count('getheaders') > before ? 'getheaders' : 'nothing'
    },
  ),
  sees(
    'bip130/announce/by-headers',
    'BIP130',
    'Who asked for it is announced to by headers.',
    ['headers'],
    async (peer, stage) => {
      await peer.send({ type: 'sendheaders' }, { type: 'headers', headers: [stage.chain.headers.at(-1)!] })
      await peer.sync()
      await stage.mine()
      await peer.expect('headers', (message) =>
        message.headers.some((header) => bytesEqual(blockHash(header), stage.chain.tip)),
      )
      return 'headers'
    },
    { level: 'must', needs: ['chain'] },
  ),
  sees(
    'inv/new-block-announced',
    'Protocol documentation, "inv"',
    'Who asked for nothing else is announced to by inv.',
    ['inv'],
    async (peer, stage) => {
      await peer.sync()
      await stage.mine()
      await peer.expect('inv', (message) =>
        message.inventory.some(({ hash }) => bytesEqual(hash, stage.chain.tip)),
      )
      return 'inv'
    },
    { level: 'must', needs: ['chain'] },
  ),
  sees(
    'bip152/announce/at-once',
    'BIP152',
    'Who asked for it is announced to by cmpctblock.',
    ['cmpctblock'],
    async (peer, stage) => {
      await peer.send(
        { type: 'sendcmpct', announce: true, version: 2n },
        { type: 'headers', headers: [stage.chain.headers.at(-1)!] },
      )
      await peer.sync()
      await stage.mine()
      await peer.expect('cmpctblock', ({ compactBlock }) =>
        bytesEqual(blockHash(compactBlock.header), stage.chain.tip),
      )
      return 'cmpctblock'
    },
  ),
]

/** A header on the tip whose hash is above its target. */
function unworked(
  like: Parameters<typeof encodeHeader>[0],
  previousBlockHash: BlockHash,
): Parameters<typeof encodeHeader>[0] {
  for (let nonce = 0; ; nonce++) {
    const header = { ...like, previousBlockHash, time: like.time + 1, nonce }
    if (blockHash(header)[31]! >= 0x80) return header
  }
}

const blocks: readonly ListeningCase[] = [
  sees(
    'block/unasked-with-more-work-taken',
    'Core validation.cpp, AcceptBlock',
    'A block that nobody asked for is taken where it makes the best chain longer.',
    ['taken'],
    async (_peer, stage) => {
      await stage.mine()
      return 'taken'
    },
  ),
  fate(
    'block/known',
    `${PROCESS} "block"`,
    'A block that is known ends nothing.',
    ['alive'],
    (peer, { chain }) => peer.send({ type: 'block', block: chain.at(7)!.block }),
    CHAIN,
  ),
  fate(
    'block/wrong-merkle-root-refused',
    'Core net_processing.cpp, "block", IsBlockMutated',
    'A block that its header does not vouch for ends the connection.',
    ['closed'],
    async (peer, { chain }) => {
      const { block } = mineBlockOn(chain, { tag: 'mutated' })
      const [coinbase] = block.transactions
      await peer.send({ type: 'block', block: { ...block, transactions: [{ ...coinbase!, lockTime: 7 }] } })
    },
    CHAIN,
  ),
  fate(
    'block/without-transactions',
    `${PROCESS} "block"`,
    'A block without any transaction: it is refused, or its sender.',
    ['alive', 'closed'],
    async (peer, { chain }) => {
      const { block } = mineBlockOn(chain, { tag: 'empty' })
      await peer.sendRaw('block', concatBytes(encodeHeader(block.header), Uint8Array.of(0)))
    },
    { ...CHAIN, level: 'must' },
  ),
  sees(
    'bip152/cmpctblock/new-block-taken',
    'BIP152',
    'A block that comes as a cmpctblock with all its transactions is taken.',
    ['taken'],
    async (peer, stage) => {
      await stage.mine()
      const compactBlock = buildCompactBlock(stage.chain.at(stage.chain.height)!.block, { nonce: 9n })
      await peer.send({ type: 'cmpctblock', compactBlock })
      return (await fateOf(peer)) === 'alive' ? 'taken' : 'closed'
    },
  ),
]

const payments: readonly ListeningCase[] = [
  sees(
    'bip339/relay/by-wtxid',
    'BIP339',
    'Who said wtxidrelay is told of transactions by wtxid.',
    ['by wtxid'],
    async (peer, stage) => {
      await peer.sync()
      const transaction = stage.payment()
      const giver = await stage.dial()
      await giver.send({ type: 'tx', transaction })
      const { inventory } = await peer.expect(
        'inv',
        (inv) =>
          inv.inventory.some(
            ({ hash }) => bytesEqual(hash, wtxid(transaction)) || bytesEqual(hash, txid(transaction)),
          ),
        { timeout: RELAY_TIMEOUT },
      )
      const entry = inventory.find(({ hash }) => bytesEqual(hash, wtxid(transaction)))
      return entry?.type === InventoryType.WTX ? 'by wtxid' : 'by txid'
    },
    { level: 'must', needs: ['chain'] },
  ),
  sees(
    'relay/transaction-served',
    'Protocol documentation, "getdata"',
    'A transaction that was announced is given to who asks for it.',
    ['the same'],
    async (peer, stage) => {
      await peer.sync()
      const transaction = stage.payment()
      const giver = await stage.dial()
      await giver.send({ type: 'tx', transaction })
      const isIt = ({ hash }: { readonly hash: Uint8Array }): boolean =>
        bytesEqual(hash, wtxid(transaction)) || bytesEqual(hash, txid(transaction))
      const { inventory } = await peer.expect('inv', (inv) => inv.inventory.some(isIt), {
        timeout: RELAY_TIMEOUT,
      })
      await peer.send({ type: 'getdata', inventory: inventory.filter(isIt) })
      const given = await peer.expect('tx')
      return bytesEqual(txid(given.transaction), txid(transaction)) ? 'the same' : 'another'
    },
    { level: 'must', needs: ['chain'] },
  ),
  sees(
    'inv/unknown-transaction-asked-for',
    'Core txrequest.h',
    'A transaction that is not known is asked for.',
    ['getdata'],
    async (peer, stage) => {
      const transaction = stage.payment()
      await peer.send({
        type: 'inv',
        inventory: [{ type: InventoryType.WTX, hash: wtxid(transaction) }],
      })
      await peer.expect(
        'getdata',
        ({ inventory }) => inventory.some(({ hash }) => bytesEqual(hash, wtxid(transaction))),
        { timeout: RELAY_TIMEOUT },
      )
      return 'getdata'
    },
  ),
  fate(
    'tx/spends-nothing-known',
    `${PROCESS} "tx"`,
    'A transaction whose inputs are not known ends nothing.',
    ['alive'],
    async (peer, stage) => {
      const transaction = stage.payment()
      const [input] = transaction.inputs
      const previousOutput = { ...input!.previousOutput, index: 77 }
      await peer.send({
        type: 'tx',
        transaction: { ...transaction, inputs: [{ ...input!, previousOutput }] },
      })
    },
    CHAIN,
  ),
  fate(
    'tx/known',
    `${PROCESS} "tx"`,
    'A transaction that comes twice ends nothing.',
    ['alive'],
    async (peer, stage) => {
      const transaction = stage.payment()
      await peer.send({ type: 'tx', transaction }, { type: 'tx', transaction })
    },
    CHAIN,
  ),
  fate(
    'tx/without-outputs',
    `${PROCESS} "tx"`,
    'A transaction without outputs: it is refused, or its sender.',
    ['alive', 'closed'],
    async (peer, stage) => {
      await peer.sendRaw(
        'tx',
        Uint8Array.of(2, 0, 0, 0, 1, ...new Uint8Array(36).fill(1), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      )
      await stage.dial()
    },
    { level: 'must' },
  ),
]

/** Core tells who dialled it of transactions every 5 s on average, by a Poisson process. */
const RELAY_TIMEOUT = 60_000

/** What is exchanged on a connection that is ready. */
export const exchangeCases: readonly ListeningCase[] = [
  ...addresses,
  ...inventories,
  ...served,
  ...headers,
  ...blocks,
  ...payments,
]
