import fc, { type Arbitrary } from 'fast-check'
import {
  asBlockHash,
  asTxid,
  asWtxid,
  MAX_MONEY,
  type Block,
  type BlockHash,
  type BlockHeader,
  type GossipedAddress,
  type Hash256,
  type InventoryVector,
  type LeafData,
  type Message,
  type MessageType,
  type NetworkAddress,
  type PackageMessage,
  type PrefilledTransaction,
  type Transaction,
  type TransactionInput,
  type UtreexoBlockTtls,
  type UtreexoTransaction,
  type VersionAddress,
  type Wtxid,
} from '../src/index.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
const u48 = fc.nat({ max: 0xffff_ffff_ffff })
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const i64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
const bytes = (maxLength: number, minLength = 0): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength, size: 'max' })
const exactly = (length: number): Arbitrary<Uint8Array> => bytes(length, length)
const hash: Arbitrary<Hash256> = exactly(32)
const blockHash: Arbitrary<BlockHash> = hash.map(asBlockHash)
const wtxid: Arbitrary<Wtxid> = hash.map(asWtxid)
const latin1 = (maxLength: number, minLength = 0): Arbitrary<string> =>
  bytes(maxLength, minLength).map((each) => String.fromCharCode(...each))
const list = <T>(element: Arbitrary<T>, maxLength = 8): Arbitrary<T[]> => fc.array(element, { maxLength })

export const header: Arbitrary<BlockHeader> = fc.record({
  version: i32,
  previousBlockHash: blockHash,
  merkleRoot: hash,
  time: u32,
  bits: u32,
  nonce: u32,
})

const input: Arbitrary<TransactionInput> = fc.record({
  previousOutput: fc.record({ txid: hash.map(asTxid), index: u32 }),
  scriptSig: bytes(300),
  sequence: u32,
  witness: list(bytes(300), 3),
})

/** With an input at least, as all that the decoder accepts. */
export const transaction: Arbitrary<Transaction> = fc.record({
  version: u32,
  inputs: fc.array(input, { minLength: 1, maxLength: 4 }),
  outputs: list(fc.record({ value: i64, scriptPubKey: bytes(300) }), 4),
  lockTime: u32,
})

export const block: Arbitrary<Block> = fc.record({ header, transactions: list(transaction, 4) })

const versionAddress: Arbitrary<VersionAddress> = fc.record({ services: u64, ip: exactly(16), port: u16 })

const plainIp6 = exactly(16).filter((ip) => (ip[0]! & 0xfe) === 0x20)
const prefixed = (prefix: number): Arbitrary<Uint8Array> =>
  exactly(15).map((rest) => Uint8Array.of(prefix, ...rest))
const legacyAddress: Arbitrary<NetworkAddress> = fc.oneof(
  fc.record({ network: fc.constant('ipv4' as const), bytes: exactly(4), port: u16 }),
  fc.record({ network: fc.constant('ipv6' as const), bytes: plainIp6, port: u16 }),
)
const address: Arbitrary<NetworkAddress> = fc.oneof(
  legacyAddress,
  fc.record({ network: fc.constant('torv3' as const), bytes: exactly(32), port: u16 }),
  fc.record({ network: fc.constant('i2p' as const), bytes: exactly(32), port: fc.constant(0) }),
  fc.record({ network: fc.constant('cjdns' as const), bytes: prefixed(0xfc), port: u16 }),
  fc.record({ network: fc.constant('yggdrasil' as const), bytes: prefixed(0x02), port: u16 }),
)
const gossiped = (of: Arbitrary<NetworkAddress>): Arbitrary<GossipedAddress> =>
  fc.record({ time: u32, services: u64, address: of })

const inventory: Arbitrary<InventoryVector[]> = list(fc.record({ type: u32, hash }), 300)

const risingIndexes = (maxLength: number): Arbitrary<number[]> =>
  fc.uniqueArray(u16, { maxLength }).map((all) => all.sort((a, b) => a - b))

/** Prefilled transactions whose every gap is filled by short ids, as in a block. */
const compactBlock = fc
  .record({
    header,
    nonce: u64,
    shortIds: fc.array(u48, { minLength: 1, maxLength: 40 }),
    prefilledTransactions: list(transaction, 3),
    gaps: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
  })
  .map(({ prefilledTransactions, gaps, ...rest }) => {
    let next = 0
    const prefilled = prefilledTransactions.map((each, i): PrefilledTransaction => {
      const index = Math.min(next + gaps[i]!, rest.shortIds.length + i)
      next = index + 1
      return { index, transaction: each }
    })
    return { ...rest, prefilled }
  })

const leaf: Arbitrary<LeafData> = fc.record({
  height: fc.nat({ max: 0x7fff_ffff }),
  coinbase: fc.boolean(),
  amount: u64,
  script: fc.oneof(
    fc.record({
      type: fc.constantFrom('p2pkh' as const, 'p2wpkh' as const, 'p2sh' as const, 'p2wsh' as const),
    }),
    fc.record({ type: fc.constant('other' as const), scriptPubKey: bytes(300) }),
  ),
})

/** Lists of one length. */
const blockTtls: Arbitrary<UtreexoBlockTtls> = fc
  .record({ height: u32, ttls: list(fc.tuple(u32, u32), 20) })
  .map(({ height, ttls }) => ({
    height,
    deathHeights: Uint32Array.from(ttls, ([death]) => death),
    deathIndexes: Uint32Array.from(ttls, ([, index]) => index),
  }))

/** With an entry for each input, and indexes that fit when they are doubled. */
const provedTransaction: Arbitrary<UtreexoTransaction> = fc
  .record({
    transaction,
    targets: list(u64, 4).map((all) => BigUint64Array.from(all)),
    proofHashes: list(hash, 10),
    leaves: fc.array(fc.option(leaf, { nil: undefined }), { minLength: 4, maxLength: 4 }),
  })
  .map(({ transaction: whole, leaves, ...rest }) => ({
    ...rest,
    transaction: {
      ...whole,
      inputs: whole.inputs.map((each) => ({
        ...each,
        previousOutput: { ...each.previousOutput, index: each.previousOutput.index >>> 1 },
      })),
    },
    leafData: leaves.slice(0, whole.inputs.length),
  }))

const of = <T extends string, F extends object>(type: T, fields: Arbitrary<F>): Arbitrary<F & { type: T }> =>
  fields.map((each) => ({ ...each, type }))
const nothing = fc.constant({})
const payload = fc.record({ payload: bytes(50) })
const locator = fc.record({ version: i32, locator: list(blockHash, 101), stopHash: blockHash })
const filterRange = fc.record({ filterType: u8, startHeight: u32, stopHash: blockHash })
const optionalNonce = fc.oneof(nothing, fc.record({ nonce: u64 }))

/** Every message that is sent, with any value that its fields may have. */
export const messages: { readonly [T in Exclude<MessageType, 'reject' | 'alert'>]: Arbitrary<Message> } = {
  version: of(
    'version',
    fc.record({
      version: i32,
      services: u64,
      time: fc.maxSafeInteger(),
      receiver: versionAddress,
      sender: versionAddress,
      nonce: u64,
      userAgent: latin1(256),
      startHeight: i32,
      relay: fc.boolean(),
    }),
  ),
  verack: of('verack', nothing),
  wtxidrelay: of('wtxidrelay', nothing),
  sendaddrv2: of('sendaddrv2', nothing),
  sendheaders: of('sendheaders', nothing),
  getaddr: of('getaddr', nothing),
  mempool: of('mempool', nothing),
  filterclear: of('filterclear', nothing),
  reqsketchext: of('reqsketchext', nothing),
  feature: of('feature', fc.record({ id: latin1(80, 4), data: bytes(512) })),
  ping: of('ping', optionalNonce),
  pong: of('pong', optionalNonce),
  feefilter: of('feefilter', fc.record({ feeRate: fc.bigInt({ min: 0n, max: MAX_MONEY }) })),
  sendcmpct: of('sendcmpct', fc.record({ announce: fc.boolean(), version: u64 })),
  sendtxrcncl: of('sendtxrcncl', fc.record({ version: fc.integer({ min: 1, max: 0xffff_ffff }), salt: u64 })),
  reqrecon: of('reqrecon', fc.record({ setSize: u16, q: u16 })),
  sketch: of('sketch', fc.record({ sketch: bytes(300) })),
  reconcildiff: of(
    'reconcildiff',
    fc.record({ success: fc.boolean(), shortIds: list(u32, 20).map((ids) => Uint32Array.from(ids)) }),
  ),
  addr: of('addr', fc.record({ addresses: list(gossiped(legacyAddress), 20) })),
  addrv2: of('addrv2', fc.record({ addresses: list(gossiped(address), 20) })),
  inv: of('inv', fc.record({ inventory })),
  getdata: of('getdata', fc.record({ inventory })),
  notfound: of('notfound', fc.record({ inventory })),
  getblocks: of('getblocks', locator),
  getheaders: of('getheaders', locator),
  headers: of('headers', fc.record({ headers: list(header, 300) })),
  block: of('block', fc.record({ block })),
  tx: of('tx', fc.record({ transaction })),
  merkleblock: of(
    'merkleblock',
    fc.record({
      merkleBlock: fc.record({ header, transactionCount: u32, hashes: list(hash, 20), flags: bytes(10) }),
    }),
  ),
  filterload: of(
    'filterload',
    fc.record({ filter: bytes(500), hashFunctions: fc.nat({ max: 50 }), tweak: u32, flags: u8 }),
  ),
  filteradd: of('filteradd', fc.record({ element: bytes(520) })),
  cmpctblock: of('cmpctblock', fc.record({ compactBlock })),
  getblocktxn: of(
    'getblocktxn',
    fc.record({ blockHash, indexes: risingIndexes(20).map((all) => Uint16Array.from(all)) }),
  ),
  blocktxn: of('blocktxn', fc.record({ blockHash, transactions: list(transaction, 4) })),
  getcfilters: of('getcfilters', filterRange),
  getcfheaders: of('getcfheaders', filterRange),
  cfilter: of('cfilter', fc.record({ filterType: u8, blockHash, filter: bytes(300) })),
  cfheaders: of(
    'cfheaders',
    fc.record({
      filterType: u8,
      stopHash: blockHash,
      previousFilterHeader: hash,
      filterHashes: list(hash, 300),
    }),
  ),
  getcfcheckpt: of('getcfcheckpt', fc.record({ filterType: u8, stopHash: blockHash })),
  cfcheckpt: of(
    'cfcheckpt',
    fc.record({ filterType: u8, stopHash: blockHash, filterHeaders: list(hash, 300) }),
  ),
  getuproof: of(
    'getuproof',
    fc.record({
      request: fc.record({
        blockHash,
        withTargets: fc.boolean(),
        withProofHashes: fc.boolean(),
        withLeafData: fc.boolean(),
        proofBitmap: bytes(20),
        leafBitmap: bytes(20),
      }),
    }),
  ),
  uproof: of(
    'uproof',
    fc.record({
      proof: fc.record({
        blockHash,
        proofHashes: list(hash, 10),
        targets: list(u64, 10).map((all) => BigUint64Array.from(all)),
        leafData: list(leaf, 10),
      }),
    }),
  ),
  getuttls: of(
    'getuttls',
    fc.record({
      request: fc
        .record({ version: u32, start: u32, exponent: fc.nat({ max: 5 }) })
        .map(({ version, start, exponent }) => ({
          version: Math.max(version, start),
          startHeight: Math.min(version, start),
          exponent,
        })),
    }),
  ),
  uttls: of(
    'uttls',
    fc.record({ ttls: fc.record({ blocks: list(blockTtls, 32), proofHashes: list(hash, 20) }) }),
  ),
  usummary: of('usummary', payload),
  utreexotx: of('utreexotx', fc.record({ proved: provedTransaction })),
  geturoot: of('geturoot', fc.record({ blockHash })),
  uroot: of(
    'uroot',
    fc.record({
      state: fc.record({
        blockHash,
        leaves: u64,
        roots: list(hash, 63),
        target: u64,
        proofHashes: list(hash, 30),
      }),
    }),
  ),
}

/** The messages of BIP331. */
export const packages: { readonly [T in PackageMessage['type']]: Arbitrary<PackageMessage> } = {
  sendpackages: of('sendpackages', fc.record({ versions: u64 })),
  ancpkginfo: of('ancpkginfo', fc.record({ wtxids: list(wtxid, 30) })),
  getpkgtxns: of('getpkgtxns', fc.record({ wtxids: list(wtxid, 100) })),
  pkgtxns: of('pkgtxns', fc.record({ transactions: list(transaction, 4) })),
}
