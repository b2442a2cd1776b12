import {
  BASIC_FILTER_TYPE,
  type Block,
  type BlockHash,
  buildBasicFilter,
  buildCompactBlock,
  encodePayload,
  filterHash,
  type GossipedAddress,
  type Hash256,
  InventoryType,
  type InventoryVector,
  type Message,
  type MessageOf,
  Services,
  txid,
  WITNESS_FLAG,
  wtxid,
  type Contents,
} from '@sapwood/wire-codec'
import { FULL_NODE, nthAddress } from '../support/addresses.ts'
import type { Script } from './script.ts'
import {
  bendHeader,
  broken,
  chainOf,
  genesis,
  idOf,
  START_TIME,
  swapContents,
  transactions,
} from './world.ts'

/** What a message is made from beside the input. */
export interface Sources {
  readonly script: Script
  /** The chain that honest peers have now, from height 1 on. */
  readonly honest: readonly Block[]
  /** What the node asked the sender for, oldest first. */
  readonly asked: readonly Message[]
}

const ZERO = new Uint8Array(32) as Uint8Array as Hash256
/** Most entries of a list, and most times that one thing is said in it. */
const MANY = [0, 1, 2, 3, 5, 16, 101, 1_001, 2_001]

type Make = (sources: Sources) => Message | Contents

/** One for each kind of message; the input chooses by number. */
const makers: readonly Make[] = [
  ({ script }) => versionMessage(script),
  ({ script }) => ({
    type: script.pick(['verack', 'wtxidrelay', 'sendaddrv2', 'sendheaders', 'getaddr', 'mempool']),
  }),
  ({ script }) => ({ type: 'sendcmpct', announce: script.flag(), version: BigInt(script.below(4)) }),
  ({ script }) => ({ type: 'feefilter', feeRate: BigInt(script.short()) * (script.flag() ? 1n : 1n << 40n) }),
  ({ script }) => ({ type: 'ping', nonce: BigInt(script.byte()) }),
  ({ script, asked }) => {
    const ping = asked.find((message) => message.type === 'ping')
    return { type: 'pong', nonce: script.flag() && ping?.nonce !== undefined ? ping.nonce : 7n }
  },
  ({ script }) => ({ type: script.flag() ? 'addr' : 'addrv2', addresses: addresses(script) }),
  (sources) => ({ type: 'inv', inventory: inventory(sources) }),
  (sources) => ({ type: 'inv', inventory: inventory(sources) }),
  (sources) => ({ type: 'getdata', inventory: inventory(sources) }),
  (sources) => ({ type: 'notfound', inventory: inventory(sources) }),
  (sources) => ({ type: 'headers', headers: headers(sources) }),
  (sources) => ({ type: 'headers', headers: headers(sources) }),
  (sources) => {
    const type = sources.script.pick(['getheaders', 'getblocks'] as const)
    return { type, version: 70_016, locator: locator(sources), stopHash: someHash(sources) as BlockHash }
  },
  (sources) => ({ type: 'block', block: someBlock(sources) }),
  (sources) => ({ type: 'block', block: someBlock(sources) }),
  (sources) => ({ type: 'cmpctblock', compactBlock: compactBlock(sources) }),
  (sources) => ({ type: 'cmpctblock', compactBlock: compactBlock(sources) }),
  (sources) => {
    const { script } = sources
    const block = someBlock(sources)
    const from = script.below(4)
    return {
      type: 'blocktxn',
      blockHash: idOf(block),
      transactions: block.transactions.slice(from, from + script.below(5)),
    }
  },
  (sources) => {
    const indexes = [...new Set(Array.from({ length: sources.script.below(4) }, () => sources.script.byte()))]
    return {
      type: 'getblocktxn',
      blockHash: idOf(someBlock(sources)),
      indexes: Uint16Array.from(indexes).sort(),
    }
  },
  ({ script }) => ({ type: 'tx', transaction: script.pick(transactions) }),
  (sources) => filterQuestion(sources),
  (sources) => filterAnswer(sources),
  (sources) => answer(sources),
  (sources) => answer(sources),
  (sources) => answer(sources),
  (sources) => answer(sources),
  ({ script }) => ({ type: 'sendtxrcncl', version: script.below(3), salt: BigInt(script.byte()) }),
  ({ script }) => ({ command: script.pick(COMMANDS), payload: script.bytes(script.byte()) }),
  ({ script }) => ({
    command: String.fromCharCode(
      ...Array.from({ length: 1 + script.below(12) }, () => 33 + script.below(94)),
    ),
    payload: script.bytes(script.byte()),
  }),
]

/** Messages whose payload is bytes of the input. */
const COMMANDS = [
  'version',
  'verack',
  'addr',
  'addrv2',
  'inv',
  'getdata',
  'notfound',
  'getblocks',
  'getheaders',
  'headers',
  'tx',
  'block',
  'cmpctblock',
  'getblocktxn',
  'blocktxn',
  'filterload',
  'filteradd',
  'filterclear',
  'merkleblock',
  'cfilter',
  'cfheaders',
  'cfcheckpt',
  'feefilter',
  'sendcmpct',
  'reject',
  'alert',
  'getuproof',
  'uproof',
  'feature',
  'reqrecon',
  'sketch',
  'sendpackages',
]

/** A message of the input's choice, as it goes into a frame, perhaps bent there. */
export function nextMessage(sources: Sources): Contents {
  const { script } = sources
  const made = makers[script.below(makers.length)]!(sources)
  return bend('type' in made ? encode(made) : made, script)
}

/**
 * What does not fit its own form any more is not sent:
 * the codec's refusals to write are not what is looked for.
 */
function encode(message: Message): Contents {
  try {
    return encodePayload(message)
  } catch (error) {
    if (error instanceof RangeError) return { command: message.type, payload: new Uint8Array(0) }
    throw error
  }
}

/** Mostly as it is. */
function bend({ command, payload }: Contents, script: Script): Contents {
  const how = script.byte()
  const at = how < 0xf0 ? 0 : script.short() % (payload.length + 1)
  switch (how) {
    case 0xf0:
    case 0xf1: {
      const changed = payload.slice()
      if (at < changed.length) changed[at]! ^= script.byte() | 1
      return { command, payload: changed }
    }
    case 0xf2:
      return { command, payload: payload.slice(0, at) }
    case 0xf3: {
      const rest = script.bytes(script.below(32))
      const longer = new Uint8Array(payload.length + rest.length)
      longer.set(payload)
      longer.set(rest, payload.length)
      return { command, payload: longer }
    }
    case 0xf4:
      return { command: script.pick(COMMANDS), payload }
    default:
      return { command, payload }
  }
}

const NO_ADDRESS = { services: 0n, ip: new Uint8Array(16), port: 0 }

/** A `version`: of 0 bytes of the input, that of a full node of today. */
export function versionMessage(script: Script): MessageOf<'version'> {
  const versions = [70_017, 70_016, 70_015, 70_014, 70_012, 60_002, 31_800, 31_799, 209, 0x7fffffff, -1]
  const services = [
    FULL_NODE,
    FULL_NODE | (1n << 6n),
    FULL_NODE | Services.P2P_V2,
    0n,
    Services.WITNESS,
    0xffffffffffffffffn,
  ]
  return {
    type: 'version',
    version: script.pick(versions),
    services: script.pick(services),
    time: START_TIME + script.pick([0, -7_200, 7_200, 86_400, -1_000_000_000, 1_000_000_000]),
    receiver: NO_ADDRESS,
    sender: NO_ADDRESS,
    nonce: 1_000n + BigInt(script.byte()),
    userAgent: '/stranger:1/',
    startHeight: script.pick([10, 0, -1, 20, 1_000_000, 0x7fffffff]),
    relay: !script.flag(),
  }
}

function addresses(script: Script): GossipedAddress[] {
  const count = script.pick(MANY)
  const from = script.short()
  const ago = script.pick([0, 600, -600, 86_400, 3_000_000, START_TIME])
  return Array.from({ length: count }, (_, index) => ({
    time: Math.max(0, START_TIME - ago - index),
    services: FULL_NODE,
    address: nthAddress(from + index),
  }))
}

function inventory(sources: Sources): InventoryVector[] {
  const { script } = sources
  const type = script.pick([
    InventoryType.BLOCK,
    InventoryType.TX,
    InventoryType.WTX,
    InventoryType.COMPACT_BLOCK,
    InventoryType.BLOCK | WITNESS_FLAG,
    InventoryType.TX | WITNESS_FLAG,
    InventoryType.FILTERED_BLOCK,
    77,
  ])
  const count = script.pick(MANY)
  const from = script.byte()
  const isKnown = script.below(4) > 0
  return Array.from({ length: count }, (_, index) => ({
    type,
    hash: hashOf(type, from + index, isKnown, sources),
  }))
}

function hashOf(type: number, index: number, isKnown: boolean, { honest }: Sources): Hash256 {
  if (!isKnown) return Uint8Array.from(ZERO, (_, i) => (i < 2 ? (index >> (8 * i)) & 0xff : 9))
  const transaction = transactions[index % transactions.length]!
  if (type === InventoryType.WTX) return wtxid(transaction)
  if ((type & ~WITNESS_FLAG) === InventoryType.TX) return txid(transaction)
  return idOf(honest[index % honest.length]!)
}

function someHash({ script, honest }: Sources): Hash256 {
  const choice = script.byte()
  if (choice < 128) return ZERO
  return idOf(honest[choice % honest.length]!)
}

function locator(sources: Sources): BlockHash[] {
  const { script, honest } = sources
  const chain = chainOf(script.byte(), honest)
  const count = script.pick([1, 0, 2, 10, 101, 102])
  const from = script.byte()
  return Array.from({ length: count }, (_, index) => idOf(chain[(from + index) % chain.length]!))
}

function headers(sources: Sources): MessageOf<'headers'>['headers'] {
  const { script, honest } = sources
  const chain = chainOf(script.byte(), honest)
  const from = script.below(chain.length)
  const count = script.pick([2_000, 0, 1, 2, 8, 9])
  const list = chain.slice(from, from + count).map(({ header }) => header)
  const how = script.byte()
  if (how >= 0xf8 && list.length > 0) {
    const at = script.below(list.length)
    list[at] = bendHeader(list[at]!, how)
  } else if (how >= 0xf0) {
    list.push(broken[how % broken.length]!.header)
  } else if (how >= 0xe8 && list.length > 0) {
    // The same again and again, which links to nothing.
    return Array.from({ length: script.pick([2, 2_000, 2_001]) }, () => list[0]!)
  }
  return list
}

function someBlock({ script, honest }: Sources): Block {
  const choice = script.byte()
  if (choice >= 0xf0) return broken[choice % broken.length]!
  const chain = chainOf(choice, honest)
  const block = chain[script.byte() % chain.length]!
  return choice >= 0xe0 ? swapContents(block) : block
}

function compactBlock(sources: Sources): MessageOf<'cmpctblock'>['compactBlock'] {
  const { script } = sources
  const block = someBlock(sources)
  const how = script.byte()
  const prefilled = [0, 1, 2].filter((index) => (how & (1 << index)) !== 0)
  const made = buildCompactBlock(block, { nonce: BigInt(script.byte()), prefilled })
  if (how < 0xf0) return made
  const header = how < 0xf8 ? bendHeader(block.header, how) : made.header
  return { ...made, header, shortIds: Array.from(made.shortIds, (id, index) => (index === 0 ? 5 : id)) }
}

function filterQuestion(sources: Sources): Message {
  const { script } = sources
  const query = {
    filterType: script.pick([BASIC_FILTER_TYPE, BASIC_FILTER_TYPE, 1, 255]),
    startHeight: script.pick([0, 1, 5, 19, 0xffffffff]),
    stopHash: someHash(sources) as Uint8Array as BlockHash,
  }
  return { type: script.pick(['getcfilters', 'getcfheaders', 'getcfcheckpt'] as const), ...query }
}

function filterAnswer(sources: Sources): Message {
  const { script, honest } = sources
  const index = script.below(honest.length)
  const hash = idOf(honest[index]!)
  if (script.flag()) {
    return {
      type: 'cfilter',
      filterType: BASIC_FILTER_TYPE,
      blockHash: hash,
      filter: script.flag() ? buildBasicFilter(honest[index]!, []) : script.bytes(script.below(40)),
    }
  }
  return {
    type: 'cfheaders',
    filterType: BASIC_FILTER_TYPE,
    stopHash: hash,
    previousFilterHeader: ZERO,
    filterHashes: Array.from({ length: script.pick(MANY) }, () => ZERO),
  }
}

/** What the oldest question of the node is answered with, right or not. */
function answer(sources: Sources): Message | Contents {
  const { script, honest, asked } = sources
  const question = asked[script.below(Math.max(1, asked.length))]
  const chain = chainOf(script.byte(), honest)
  switch (question?.type) {
    case 'getheaders':
      return { type: 'headers', headers: chain.slice(script.pick([0, 0, 5])).map(({ header }) => header) }
    case 'getdata':
      return answerData(question, sources)
    case 'getblocktxn': {
      const block = known(question.blockHash, honest) ?? someBlock(sources)
      const given = [...question.indexes].flatMap((index) => block.transactions[index] ?? [])
      return { type: 'blocktxn', blockHash: question.blockHash, transactions: given.slice(script.below(2)) }
    }
    case 'getcfheaders': {
      const stop = honest.findIndex((block) => same(idOf(block), question.stopHash)) + 1
      const from = question.startHeight
      const hashes = honest
        .slice(Math.max(0, from - 1), stop)
        .map((block) => filterHash(buildBasicFilter(block, [])))
      return {
        type: 'cfheaders',
        filterType: question.filterType,
        stopHash: question.stopHash,
        previousFilterHeader: ZERO,
        filterHashes: script.flag() ? hashes : [ZERO, ...hashes],
      }
    }
    case 'getcfilters': {
      const block = known(question.stopHash, honest) ?? someBlock(sources)
      const filter = script.flag()
        ? buildBasicFilter(block, [])
        : Uint8Array.of(1, script.byte(), script.byte())
      return { type: 'cfilter', filterType: question.filterType, blockHash: question.stopHash, filter }
    }
    case 'getaddr':
      return { type: 'addr', addresses: addresses(script) }
    case 'ping':
      return { type: 'pong', ...(question.nonce !== undefined && { nonce: question.nonce }) }
    default:
      return { type: 'headers', headers: chain.map(({ header }) => header) }
  }
}

function answerData({ inventory: wanted }: MessageOf<'getdata'>, sources: Sources): Message {
  const { script, honest } = sources
  const first = wanted[script.below(Math.max(1, wanted.length))]
  const how = script.byte()
  if (first === undefined || how >= 0xe0) return { type: 'notfound', inventory: wanted }
  const block = known(first.hash, honest)
  if (block !== undefined) {
    if (first.type === InventoryType.COMPACT_BLOCK)
      return { type: 'cmpctblock', compactBlock: buildCompactBlock(block, { nonce: BigInt(how) }) }
    return { type: 'block', block: how >= 0xc0 ? swapContents(block) : block }
  }
  const transaction = transactions.find(
    (each) => same(txid(each), first.hash) || same(wtxid(each), first.hash),
  )
  return { type: 'tx', transaction: transaction ?? transactions[how % transactions.length]! }
}

function known(hash: Uint8Array, honest: readonly Block[]): Block | undefined {
  return [genesis, ...honest, ...broken].find((block) => same(idOf(block), hash))
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}
