import {
  type BlockHash,
  blockHash,
  bytesEqual,
  encodeBlock,
  hasWitness,
  InventoryType,
  type Message,
  regtest,
} from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { BLOCKS, COMPACT, fate, NO_HASH, sees, UNKNOWN_HASH } from './exchange-builders.ts'
import { bip, core, onMessage, places } from './places.ts'

const ask = (locatorHashes: readonly BlockHash[], stopHash: BlockHash = NO_HASH): Message => ({
  type: 'getheaders',
  version: 70_016,
  locator: locatorHashes,
  stopHash,
})

/** What a node with blocks gives out: headers, blocks, parts of blocks. */
export const servingCases: readonly ListeningCase[] = [
  sees(
    'getheaders/2000-at-the-most',
    onMessage('getheaders'),
    'headers has 2,000 entries at the most.',
    ['2000'],
    async (peer) => {
      await peer.send(ask([regtest.genesisHash]))
      return String((await peer.expect('headers')).headers.length)
    },
  ),
  sees(
    'getheaders/after-the-locator',
    onMessage('getheaders'),
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
    onMessage('getheaders'),
    'The header of the stop hash is the last.',
    ['5'],
    async (peer, { chain }) => {
      await peer.send(ask([chain.at(10)!.hash], chain.at(15)!.hash))
      return String((await peer.expect('headers')).headers.length)
    },
  ),
  sees(
    'getheaders/no-locator-gives-the-stop-alone',
    onMessage('getheaders'),
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
    onMessage('getheaders'),
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
    onMessage('getheaders'),
    'At the tip headers is empty, and is sent.',
    ['0'],
    async (peer, stage) => {
      // Whatever other cases have shown it, its tip is ours then.
      await stage.mine()
      await peer.send(ask([stage.chain.tip]))
      return String((await peer.expect('headers')).headers.length)
    },
  ),
  sees(
    'getblocks/500-at-the-most',
    onMessage('getblocks'),
    '500 blocks are announced at the most.',
    ['500'],
    async (peer, { chain }) => {
      await peer.send({
        type: 'getblocks',
        version: 70_016,
        locator: [regtest.genesisHash],
        stopHash: NO_HASH,
      })
      // A new tip may be announced in between.
      const { inventory } = await peer.expect('inv', (inv) =>
        inv.inventory.some(({ hash }) => bytesEqual(hash, chain.at(1)!.hash)),
      )
      return String(inventory.length)
    },
    BLOCKS,
  ),
  sees(
    'bip144/getdata/block-with-witness',
    bip(144, 'Relay'),
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
    { ...BLOCKS, level: 'must' },
  ),
  sees(
    'bip144/getdata/block-without-witness',
    bip(144, 'Relay'),
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
    { ...BLOCKS, level: 'must' },
  ),
  sees(
    'getdata/blocks-in-order',
    core('net_processing.cpp', 'ProcessGetData'),
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
    BLOCKS,
  ),
  sees(
    'bip152/getdata/compact-block-of-the-tip',
    bip(152, 'MSG_CMPCT_BLOCK'),
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
    COMPACT,
  ),
  sees(
    'bip152/getdata/compact-block-of-old-is-whole',
    places(bip(152, 'MSG_CMPCT_BLOCK'), core('net_processing.cpp', 'ProcessGetBlockData')),
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
    COMPACT,
  ),
  sees(
    'bip152/getblocktxn/answered',
    bip(152, 'getblocktxn'),
    'getblocktxn is answered with the transactions that it names.',
    ['1 transaction'],
    async (peer, { chain }) => {
      await peer.send({ type: 'getblocktxn', blockHash: chain.tip, indexes: Uint16Array.of(0) })
      const { transactions } = await peer.expect('blocktxn')
      return `${transactions.length} transaction`
    },
    COMPACT,
  ),
  fate(
    'bip152/getblocktxn/index-past-the-end-refused',
    onMessage('getblocktxn'),
    'An index past the end of the block ends the connection.',
    ['closed'],
    (peer, { chain }) =>
      peer.send({ type: 'getblocktxn', blockHash: chain.tip, indexes: Uint16Array.of(9_000) }),
    COMPACT,
  ),
  fate(
    'bip152/getblocktxn/unknown-block-ignored',
    onMessage('getblocktxn'),
    'getblocktxn of a block that is not there is ignored.',
    ['alive'],
    (peer) => peer.send({ type: 'getblocktxn', blockHash: UNKNOWN_HASH, indexes: Uint16Array.of(0) }),
  ),
  fate(
    'bip152/blocktxn/unasked-ignored',
    onMessage('blocktxn'),
    'A blocktxn that nobody waits for is ignored.',
    ['alive'],
    (peer) => peer.send({ type: 'blocktxn', blockHash: UNKNOWN_HASH, transactions: [] }),
  ),
]
