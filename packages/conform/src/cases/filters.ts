import type { TestPeer } from '@sapwood/integration/test-peer'
import {
  BASIC_FILTER_TYPE,
  type Block,
  type BlockHash,
  blockHash,
  buildBasicFilter,
  bytesEqual,
  filterHash,
  filterHeaderChain,
  genesisBlock,
  type Hash256,
  regtest,
} from '@sapwood/wire-codec'
import { SECOND } from '@sapwood/transport-v1v2/environment'
import type { Level, ListeningCase } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { fateOf, listening } from './case-builders.ts'
import { UNKNOWN_HASH } from './exchange-builders.ts'
import { bip, core } from './places.ts'

/** The version of the suite that these came with. */
const SINCE = '0.3.0'
/** Up to here blocks have nothing but their coinbase, whoever mined them: no coin is mature. */
const HEIGHT = 20
/** Blocks between two checkpoints (BIP157). */
const CHECKPOINT_INTERVAL = 1_000
/** Most blocks that a `getcfilters` may name, and a `getcfheaders` (BIP157). */
const MOST = { getcfilters: 1_000, getcfheaders: 2_000 } as const
/** Milliseconds that filters may be behind blocks: Core makes them on a thread of its own. */
const LAG = 20 * SECOND
const LOOK_INTERVAL = 50

interface Facts {
  readonly name: string
  readonly says: string
  readonly accepts: readonly string[]
  readonly level?: Level
  readonly place: string
}

/** A case on a connection that is ready, once the target has filters for all of its blocks. */
function filtering(
  { name, says, accepts, level = 'must', place }: Facts,
  run: (peer: TestPeer, stage: ListeningStage) => Promise<string>,
): ListeningCase {
  const needs = ['chain', 'compact-filters'] as const
  const facts = { name: `bip157/${name}`, since: SINCE, level, source: { place, says }, accepts, needs }
  return listening(facts, async (stage) => {
    const peer = await stage.dial()
    await catchUp(peer, stage)
    return await run(peer, stage)
  })
}

/** Where Core looks at a request. */
const REFUSES = core('net_processing.cpp', 'PrepareBlockFilterRequest')

type Range = 'getcfilters' | 'getcfheaders'

const ask = (type: Range, startHeight: number, stopHash: BlockHash, filterType = BASIC_FILTER_TYPE) =>
  ({ type, filterType, startHeight, stopHash }) as const

/** Waits until the target gives the filter header of its tip. @throws WireAssertionError */
async function catchUp(peer: TestPeer, { chain }: ListeningStage): Promise<void> {
  const deadline = peer.clock.now() + LAG
  while (peer.count('cfheaders') === 0 && peer.clock.now() < deadline) {
    await peer.send(ask('getcfheaders', chain.height, chain.tip))
    await peer.sync()
    if (peer.count('cfheaders') > 0) break
    await new Promise<void>((resolve) => peer.clock.setTimer(LOOK_INTERVAL, resolve))
  }
  await peer.expect('cfheaders')
}

/** What becomes of a request that is not to be answered. */
async function refusalOf(peer: TestPeer, ask: () => Promise<void>): Promise<string> {
  const answers = (): number => peer.count('cfilter') + peer.count('cfheaders') + peer.count('cfcheckpt')
  const before = answers()
  await ask()
  if ((await fateOf(peer)) === 'closed') return 'closed'
  return answers() > before ? 'answered' : 'unanswered'
}

/** The filter of a block that has a coinbase alone. */
const filterOf = (block: Block): Uint8Array => buildBasicFilter(block, [])
const hashOfFilter = (block: Block): Hash256 => filterHash(filterOf(block))

const requests: readonly ListeningCase[] = (['getcfilters', 'getcfheaders'] as const).flatMap((type) => [
  filtering(
    {
      name: `${type}/unknown-filter-type-unanswered`,
      place: bip(157, type),
      level: 'should',
      says: `${type} of a type of filters that the node does not have is not answered.`,
      accepts: ['unanswered', 'closed'],
    },
    (peer, { chain }) => refusalOf(peer, () => peer.send(ask(type, 1, chain.at(2)!.hash, 200))),
  ),
  filtering(
    {
      name: `${type}/unknown-stop-unanswered`,
      place: bip(157, type),
      level: 'should',
      says: `${type} up to a block that is not known is not answered.`,
      accepts: ['unanswered', 'closed'],
    },
    (peer) => refusalOf(peer, () => peer.send(ask(type, 1, UNKNOWN_HASH))),
  ),
  filtering(
    {
      name: `${type}/start-above-stop-refused`,
      level: 'core',
      place: REFUSES,
      says: `${type} that begins above its end ends the connection.`,
      accepts: ['closed'],
    },
    (peer, { chain }) => refusalOf(peer, () => peer.send(ask(type, 9, chain.at(8)!.hash))),
  ),
  filtering(
    {
      name: `${type}/${MOST[type] + 1}-refused`,
      level: 'core',
      place: REFUSES,
      says: `${type} of more than ${MOST[type].toLocaleString('en')} blocks ends the connection.`,
      accepts: ['closed'],
    },
    (peer, { chain }) => refusalOf(peer, () => peer.send(ask(type, 1, chain.at(MOST[type] + 1)!.hash))),
  ),
])

/** BIP157 of a node that offers filters: what it gives of them, and what it does not answer. */
export const filterCases: readonly ListeningCase[] = [
  filtering(
    {
      name: 'getcfilters/served-in-order',
      place: bip(157, 'getcfilters'),
      says: 'getcfilters is answered with a cfilter for each block of the range, by rising height.',
      accepts: ['each, in order'],
    },
    async (peer, { chain }) => {
      await peer.send(ask('getcfilters', 1, chain.at(HEIGHT)!.hash))
      for (let height = 1; height <= HEIGHT; height++) {
        const answer = await peer.expect('cfilter')
        if (!bytesEqual(answer.blockHash, chain.at(height)!.hash)) return 'another block'
      }
      return 'each, in order'
    },
  ),
  filtering(
    {
      name: 'cfilter/is-that-of-its-block',
      place: bip(158, 'Contents'),
      says: 'A basic filter is made of the scripts of its block, and of nothing else.',
      accepts: ['the filter'],
    },
    async (peer, { chain }) => {
      const { hash, block } = chain.at(HEIGHT)!
      await peer.send(ask('getcfilters', HEIGHT, hash))
      const { filter } = await peer.expect('cfilter')
      return bytesEqual(filter, filterOf(block)) ? 'the filter' : 'another'
    },
  ),
  filtering(
    {
      name: 'getcfilters/of-the-genesis-block',
      place: bip(157, 'getcfilters'),
      says: 'The range may begin with the genesis block.',
      accepts: ['the filter'],
    },
    async (peer) => {
      await peer.send(ask('getcfilters', 0, regtest.genesisHash))
      const { filter, blockHash: hash } = await peer.expect('cfilter')
      const genesis = genesisBlock(regtest)
      return bytesEqual(hash, blockHash(genesis.header)) && bytesEqual(filter, filterOf(genesis))
        ? 'the filter'
        : 'another'
    },
  ),
  filtering(
    {
      name: 'getcfilters/1000-served',
      place: bip(157, 'getcfilters'),
      says: 'A range may have 1,000 blocks.',
      accepts: ['1000'],
    },
    async (peer, { chain }) => {
      const stop = chain.at(MOST.getcfilters)!.hash
      await peer.send(ask('getcfilters', 1, stop))
      await peer.expect('cfilter', (answer) => bytesEqual(answer.blockHash, stop))
      return String(peer.count('cfilter'))
    },
  ),
  filtering(
    {
      name: 'getcfheaders/hashes-of-the-filters',
      place: bip(157, 'cfheaders'),
      says: 'cfheaders has the hash of the filter of each block of the range, by rising height.',
      accepts: ['those of the filters'],
    },
    async (peer, { chain }) => {
      await peer.send(ask('getcfheaders', 1, chain.at(HEIGHT)!.hash))
      const { filterHashes } = await peer.expect(
        'cfheaders',
        (answer) => answer.filterHashes.length === HEIGHT,
      )
      return filterHashes.every((hash, index) => bytesEqual(hash, hashOfFilter(chain.at(index + 1)!.block)))
        ? 'those of the filters'
        : 'others'
    },
  ),
  filtering(
    {
      name: 'getcfheaders/header-before-the-range',
      place: bip(157, 'cfheaders'),
      says: 'cfheaders begins with the filter header of the block before its range.',
      accepts: ['that before'],
    },
    async (peer, { chain }) => {
      const below = Array.from({ length: HEIGHT - 1 }, (_, index) => chain.at(index + 1)!.block)
      const hashes = [genesisBlock(regtest), ...below].map(hashOfFilter)
      const before = filterHeaderChain(new Uint8Array(32), hashes).at(-1)!
      const { hash } = chain.at(HEIGHT + 1)!
      await peer.send(ask('getcfheaders', HEIGHT, hash))
      const answer = await peer.expect('cfheaders', ({ stopHash }) => bytesEqual(stopHash, hash))
      return bytesEqual(answer.previousFilterHeader, before) ? 'that before' : 'another'
    },
  ),
  filtering(
    {
      name: 'getcfheaders/zeros-before-the-genesis-block',
      place: bip(157, 'Filter Headers'),
      says: 'The filter header before that of the genesis block is zeros.',
      accepts: ['zeros'],
    },
    async (peer, { chain }) => {
      const { hash } = chain.at(1)!
      await peer.send(ask('getcfheaders', 0, hash))
      const answer = await peer.expect('cfheaders', ({ stopHash }) => bytesEqual(stopHash, hash))
      return answer.previousFilterHeader.every((byte) => byte === 0) ? 'zeros' : 'others'
    },
  ),
  filtering(
    {
      name: 'getcfheaders/2000-served',
      place: bip(157, 'getcfheaders'),
      says: 'A range may have 2,000 blocks.',
      accepts: ['2000'],
    },
    async (peer, { chain }) => {
      const { hash } = chain.at(MOST.getcfheaders)!
      await peer.send(ask('getcfheaders', 1, hash))
      const { filterHashes } = await peer.expect('cfheaders', ({ stopHash }) => bytesEqual(stopHash, hash))
      return String(filterHashes.length)
    },
  ),
  filtering(
    {
      name: 'getcfcheckpt/one-each-thousand-blocks',
      place: bip(157, 'cfcheckpt'),
      says: 'cfcheckpt has the filter header of each height that is a multiple of 1,000, and they are those of cfheaders.',
      accepts: ['those of cfheaders'],
    },
    async (peer, { chain }) => {
      await peer.send({ type: 'getcfcheckpt', filterType: BASIC_FILTER_TYPE, stopHash: chain.tip })
      const { filterHeaders } = await peer.expect('cfcheckpt')
      if (filterHeaders.length !== Math.floor(chain.height / CHECKPOINT_INTERVAL))
        return `${filterHeaders.length} headers`
      const { hash } = chain.at(CHECKPOINT_INTERVAL + 1)!
      await peer.send(ask('getcfheaders', CHECKPOINT_INTERVAL + 1, hash))
      const answer = await peer.expect('cfheaders', ({ stopHash }) => bytesEqual(stopHash, hash))
      return bytesEqual(answer.previousFilterHeader, filterHeaders[0]!) ? 'those of cfheaders' : 'others'
    },
  ),
  filtering(
    {
      name: 'getcfcheckpt/unknown-stop-unanswered',
      place: bip(157, 'getcfcheckpt'),
      level: 'should',
      says: 'getcfcheckpt up to a block that is not known is not answered.',
      accepts: ['unanswered', 'closed'],
    },
    (peer) =>
      refusalOf(peer, () =>
        peer.send({ type: 'getcfcheckpt', filterType: BASIC_FILTER_TYPE, stopHash: UNKNOWN_HASH }),
      ),
  ),
  ...requests,
]
