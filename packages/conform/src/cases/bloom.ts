import { compactSize, type TestPeer } from '@sapwood/integration/test-peer'
import {
  bytesEqual,
  blockHash,
  ByteWriter,
  concatBytes,
  createBloomFilter,
  extractMerkleMatches,
  InventoryType,
  MAX_BLOOM_FILTER_SIZE,
  MAX_BLOOM_HASH_FUNCTIONS,
  type Message,
  txid,
} from '@sapwood/wire-codec'
import type { Level, ListeningCase } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { fateOf, listening } from './case-builders.ts'
import { bip, onMessage, places } from './places.ts'

/** The version of the suite that these came with. */
const SINCE = '0.3.0'
/** Most bytes of an element that is added to a filter (BIP37). */
const MOST_OF_AN_ELEMENT = 520
/** What the messages of filters are, and what becomes of those that were there. */
const NEW_MESSAGES = bip(37, 'New messages')
const EXTENSIONS = bip(37, 'Extensions to existing messages')
/** A block whose coinbase is asked for. */
const HEIGHT = 7

interface Facts {
  readonly name: string
  readonly says: string
  readonly accepts: readonly string[]
  readonly level?: Level
  readonly place: string
  readonly needs?: ListeningCase['needs']
}

/** A case on a connection to a node that offers `NODE_BLOOM`. */
function blooming(
  { name, says, accepts, level = 'must', place, needs = [] }: Facts,
  run: (peer: TestPeer, stage: ListeningStage) => Promise<string>,
): ListeningCase {
  const facts = { level, source: { place, says }, accepts, needs: ['bloom', ...needs] } as const
  return listening({ name: `bip37/${name}`, since: SINCE, ...facts }, async (stage) =>
    run(await stage.dial(), stage),
  )
}

/** A filter that holds one element and, but for one in a million, no other. */
export function filterFor(element: Uint8Array): Message {
  const made = createBloomFilter({ elements: 1, falsePositiveRate: 0.000_001 })
  made.insert(element)
  const { filter, hashFunctions, tweak, flags } = made
  return { type: 'filterload', filter, hashFunctions, tweak, flags }
}

/** A filter that holds nothing. */
export const EMPTY_FILTER: Message = {
  type: 'filterload',
  filter: Uint8Array.of(0),
  hashFunctions: 1,
  tweak: 0,
  flags: 0,
}

/** The payload of a `filterload`, be it one that nobody may send. */
function filterOf(size: number, hashFunctions: number): Uint8Array {
  const rest = new ByteWriter(9).u32(hashFunctions).u32(0).u8(0).finish()
  return concatBytes(compactSize(size), new Uint8Array(size), rest)
}

const loads = (name: string, says: string, size: number, functions: number): ListeningCase =>
  blooming(
    { name: `filterload/${name}-taken`, place: NEW_MESSAGES, says, accepts: ['alive'] },
    async (peer) => {
      await peer.sendRaw('filterload', filterOf(size, functions))
      return await fateOf(peer)
    },
  )

const overloads = (name: string, says: string, size: number, functions: number): ListeningCase =>
  blooming(
    {
      name: `filterload/${name}-refused`,
      level: 'core',
      place: places(NEW_MESSAGES, onMessage('filterload')),
      says,
      accepts: ['closed'],
    },
    async (peer) => {
      await peer.sendRaw('filterload', filterOf(size, functions))
      return await fateOf(peer)
    },
  )

/** Asks for a block by what the filter of the connection matches in it. */
async function askFiltered(peer: TestPeer, { chain }: ListeningStage): Promise<void> {
  const { hash } = chain.at(HEIGHT)!
  await peer.send({ type: 'getdata', inventory: [{ type: InventoryType.FILTERED_BLOCK, hash }] })
}

const served: readonly ListeningCase[] = [
  blooming(
    {
      name: 'getdata/filtered-block-proves-the-match',
      place: EXTENSIONS,
      says: 'MSG_FILTERED_BLOCK gives a merkleblock that proves what the filter matches.',
      accepts: ['proved'],
      needs: ['chain', 'network'],
    },
    async (peer, stage) => {
      const { hash, block } = stage.chain.at(HEIGHT)!
      const wanted = txid(block.transactions[0]!)
      await peer.send(filterFor(wanted))
      await askFiltered(peer, stage)
      const { merkleBlock } = await peer.expect('merkleblock')
      if (!bytesEqual(blockHash(merkleBlock.header), hash)) return 'of another block'
      const matches = extractMerkleMatches(merkleBlock)
      return matches?.length === 1 && bytesEqual(matches[0]!.txid, wanted) ? 'proved' : 'not proved'
    },
  ),
  blooming(
    {
      name: 'getdata/filtered-block-brings-the-transaction',
      place: EXTENSIONS,
      says: 'A transaction that the filter matches follows the merkleblock.',
      accepts: ['the transaction'],
      needs: ['chain', 'network'],
    },
    async (peer, stage) => {
      const wanted = txid(stage.chain.at(HEIGHT)!.block.transactions[0]!)
      await peer.send(filterFor(wanted))
      await askFiltered(peer, stage)
      await peer.expect('merkleblock')
      const { transaction } = await peer.expect('tx')
      return bytesEqual(txid(transaction), wanted) ? 'the transaction' : 'another'
    },
  ),
  blooming(
    {
      name: 'getdata/filtered-block-without-a-match',
      place: EXTENSIONS,
      says: 'A block in which the filter matches nothing gives a merkleblock without a match, and no transaction.',
      accepts: ['no match'],
      needs: ['chain', 'network'],
    },
    async (peer, stage) => {
      await peer.send(EMPTY_FILTER)
      await askFiltered(peer, stage)
      const { merkleBlock } = await peer.expect('merkleblock')
      await peer.expectNothing('tx')
      return extractMerkleMatches(merkleBlock)?.length === 0 ? 'no match' : 'matches'
    },
  ),
  blooming(
    {
      name: 'filteradd/is-matched-from-then-on',
      place: NEW_MESSAGES,
      says: 'What filteradd brings is matched as what filterload brought.',
      accepts: ['proved'],
      needs: ['chain', 'network'],
    },
    async (peer, stage) => {
      const wanted = txid(stage.chain.at(HEIGHT)!.block.transactions[0]!)
      await peer.send(filterFor(new Uint8Array(32).fill(9)), { type: 'filteradd', element: wanted })
      await askFiltered(peer, stage)
      const { merkleBlock } = await peer.expect('merkleblock')
      return extractMerkleMatches(merkleBlock)?.length === 1 ? 'proved' : 'not proved'
    },
  ),
  blooming(
    {
      name: 'getdata/filtered-block-without-a-filter-ignored',
      place: EXTENSIONS,
      says: 'MSG_FILTERED_BLOCK of a connection without a filter is ignored.',
      accepts: ['unanswered'],
      needs: ['chain', 'network'],
    },
    async (peer, stage) => {
      await askFiltered(peer, stage)
      if ((await fateOf(peer)) === 'closed') return 'closed'
      return peer.count('merkleblock') === 0 ? 'unanswered' : 'answered'
    },
  ),
  blooming(
    {
      name: 'filterclear/takes-the-filter-away',
      place: NEW_MESSAGES,
      says: 'Behind filterclear the connection has no filter.',
      accepts: ['unanswered'],
      needs: ['chain', 'network'],
    },
    async (peer, stage) => {
      await peer.send(EMPTY_FILTER, { type: 'filterclear' })
      await askFiltered(peer, stage)
      if ((await fateOf(peer)) === 'closed') return 'closed'
      return peer.count('merkleblock') === 0 ? 'unanswered' : 'answered'
    },
  ),
]

/** BIP37 of a node that offers `NODE_BLOOM`; what one does that does not is BIP111. */
export const bloomCases: readonly ListeningCase[] = [
  loads('36000-bytes', 'A filter has 36,000 bytes at the most.', MAX_BLOOM_FILTER_SIZE, 1),
  overloads('36001-bytes', 'A longer filter ends the connection.', MAX_BLOOM_FILTER_SIZE + 1, 1),
  loads('50-functions', 'A filter has 50 hash functions at the most.', 8, MAX_BLOOM_HASH_FUNCTIONS),
  overloads('51-functions', 'More hash functions end the connection.', 8, MAX_BLOOM_HASH_FUNCTIONS + 1),
  blooming(
    {
      name: 'filteradd/520-bytes-taken',
      place: NEW_MESSAGES,
      says: 'An element has 520 bytes at the most.',
      accepts: ['alive'],
    },
    async (peer) => {
      await peer.send(EMPTY_FILTER, { type: 'filteradd', element: new Uint8Array(MOST_OF_AN_ELEMENT) })
      return await fateOf(peer)
    },
  ),
  blooming(
    {
      name: 'filteradd/521-bytes-refused',
      level: 'core',
      place: places(NEW_MESSAGES, onMessage('filteradd')),
      says: 'A longer element ends the connection.',
      accepts: ['closed'],
    },
    async (peer) => {
      const size = MOST_OF_AN_ELEMENT + 1
      await peer.send(EMPTY_FILTER)
      await peer.sendRaw('filteradd', concatBytes(compactSize(size), new Uint8Array(size)))
      return await fateOf(peer)
    },
  ),
  blooming(
    {
      name: 'filteradd/without-a-filter-refused',
      level: 'core',
      place: places(NEW_MESSAGES, onMessage('filteradd')),
      says: 'An element for a filter that there is not ends the connection.',
      accepts: ['closed'],
    },
    async (peer) => {
      await peer.send({ type: 'filteradd', element: Uint8Array.of(1) })
      return await fateOf(peer)
    },
  ),
  blooming(
    {
      name: 'filterclear/without-a-filter',
      level: 'core',
      place: onMessage('filterclear'),
      says: 'filterclear without a filter ends nothing.',
      accepts: ['alive'],
    },
    async (peer) => {
      await peer.send({ type: 'filterclear' })
      return await fateOf(peer)
    },
  ),
  ...served,
]
