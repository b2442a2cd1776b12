export { isLocal, isRoutable, isTeredo, isTunnelled, linkedIpv4 } from './addresses/address-ranges.ts'
export { ADDRESS_SIZES, Bip155NetworkId, decodeBip155, type Bip155Place } from './addresses/bip155.ts'
export { formatHost, formatPeerAddress } from './addresses/format-peer-address.ts'
export { I2P_PORT } from './addresses/i2p.ts'
export { decodeIp16, encodeIp16 } from './addresses/ip16.ts'
export { netgroup, netgroupKey } from './addresses/netgroup.ts'
export { ADDRESS_NETWORKS } from './addresses/network-address.ts'
export type {
  AddressNetwork,
  NamedAddress,
  NetworkAddress,
  PeerAddress,
} from './addresses/network-address.ts'
export {
  MAX_NAME_LENGTH,
  parseHost,
  parsePeerAddress,
  type ParsePeerAddressOptions,
} from './addresses/parse-peer-address.ts'
export { peerAddressKey } from './addresses/peer-address-key.ts'
export { ReachabilityClass, reachabilityClass } from './addresses/reachability-class.ts'
export {
  BloomUpdate,
  createBloomFilter,
  openBloomFilter,
  type BloomFilter,
  type BloomFilterFields,
  type BloomFilterOptions,
} from './bloom/bloom-filter.ts'
export {
  buildMerkleBlock,
  extractMerkleMatches,
  MAX_MERKLE_TREE_TRANSACTIONS,
  type MerkleMatch,
} from './bloom/partial-merkle-tree.ts'
export { scriptOperations, type ScriptOperation } from './bloom/script-pushes.ts'
export { ByteReader, type FailureFacts } from './bytes/byte-reader.ts'
export { ByteWriter } from './bytes/byte-writer.ts'
export { bytesEqual, compareBytes, concatBytes } from './bytes/bytes-equal.ts'
export { compactSizeLength, MAX_COMPACT_SIZE } from './bytes/compact-size.ts'
export { bytesToHex, hexToBytes } from './bytes/hex.ts'
export { sha256, sha256d, sha256Backend, useSha256Backend } from './crypto/backend-in-force.ts'
export { loadWasm } from './crypto/load-wasm.ts'
export { MESSAGE_CUTS, type Sha256Backend, type SingleSha256 } from './crypto/sha256-backend.ts'
export { MEDIAN_TIME_SPAN, medianTimePast } from './chain-work/median-time-past.ts'
export { hashToNumber, hasProofOfWork, meetsBits } from './chain-work/proof-of-work.ts'
export { nextBits, type RetargetFacts } from './chain-work/retarget.ts'
export { bitsToTarget, targetToBits, workOfBits, workOfTarget } from './chain-work/target.ts'
export {
  reconstructBlock,
  type BlockReconstruction,
  type ReconstructionResult,
} from './compact-blocks/block-reconstruction.ts'
export { buildCompactBlock, type CompactBlockOptions } from './compact-blocks/build-compact-block.ts'
export { shortIdsFor, type ShortIdOf } from './compact-blocks/short-id.ts'
export {
  DecodeError,
  isDecodeError,
  type DecodeErrorCode,
  type DecodeErrorFacts,
  type DecodeSeverity,
} from './errors/decode-error.ts'
export {
  BASIC_FILTER_TYPE,
  buildBasicFilter,
  filterHash,
  filterHeader,
  filterHeaderChain,
  openBasicFilter,
  type PackedScripts,
  packScripts,
  type BasicFilter,
} from './filters/basic-filter.ts'
export { FILTER_INVERSE_RATE } from './filters/golomb-coded-set.ts'
export { FILTER_REMAINDER_BITS } from './filters/golomb-codes.ts'
export { blockHashFromHex, hashFromHex, hashToHex, txidFromHex, wtxidFromHex } from './bytes/hash-text.ts'
export {
  asBlockHash,
  asHash256,
  asTxid,
  asWtxid,
  type BlockHash,
  type Hash256,
  type Txid,
  type Wtxid,
  HASH_SIZE,
} from './hash/hashes.ts'
export { murmurHash3 } from './hash/murmur-hash3.ts'
export { sipHash24 } from './hash/sip-hash.ts'
export { baseRegistry } from './messages/base-registry.ts'
export type { AnyMessage, MessageCodec } from './messages/codec.ts'
export { packageMessages } from './messages/codecs/package-relay.ts'
export { MIN_RECONCILIATION_VERSION } from './messages/codecs/reconciliation.ts'
export { COMMAND_SIZE, isCommand, readCommand, writeCommand } from './messages/command.ts'
export { decodeContents, encodeContents, encodeContentsHeader, type Contents } from './messages/contents.ts'
export { InventoryPayload } from './messages/inventory-payload.ts'
export {
  InventoryType,
  isBlockEntry,
  isTransactionEntry,
  UTREEXO_FLAG,
  WITNESS_FLAG,
} from './messages/inventory-type.ts'
export {
  COMPACT_BLOCKS_VERSION,
  FILTER_CHECKPOINT_INTERVAL,
  MAX_ADDRESSES,
  MAX_ADDRV2_SIZE,
  MAX_BLOCKS_IN_INV,
  MAX_BLOCKS_IN_TRANSIT_PER_PEER,
  MAX_BLOOM_FILTER_SIZE,
  MAX_BLOOM_HASH_FUNCTIONS,
  MAX_COMPACT_BLOCK_TRANSACTIONS,
  MAX_FEATURE_DATA_SIZE,
  MAX_FEATURE_ID_LENGTH,
  MAX_FILTERS_PER_REQUEST,
  MAX_FILTER_ELEMENT_SIZE,
  MAX_FILTER_HEADERS_PER_REQUEST,
  MAX_GETDATA_SIZE,
  MAX_HEADERS_RESULTS,
  MAX_INV_SIZE,
  MAX_LOCATOR_SIZE,
  MAX_MONEY,
  MAX_NOTFOUND_SIZE,
  MAX_PACKAGE_TRANSACTIONS,
  MAX_PAYLOAD_SIZE,
  MAX_PEER_TX_ANNOUNCEMENTS,
  MAX_REJECT_COMMAND_LENGTH,
  MAX_REJECT_REASON_LENGTH,
  MAX_USER_AGENT_LENGTH,
  MIN_FEATURE_ID_LENGTH,
} from './messages/limits.ts'
export type {
  BloomMessage,
  CompactBlock,
  CompactBlockMessage,
  Empty,
  FilterMessage,
  GossipedAddress,
  InventoryVector,
  LegacyMessage,
  MerkleBlock,
  Message,
  MessageOf,
  MessageType,
  Opaque,
  PackageMessage,
  PrefilledTransaction,
  ReconciliationMessage,
  UnknownMessage,
  UtreexoMessage,
  VersionAddress,
  VersionMessage,
} from './messages/message.ts'
export { maxPayloadSize } from './messages/max-payload-size.ts'
export {
  decodePayload,
  decodePayloadWithTrailing,
  encodePayload,
  type DecodedPayload,
} from './messages/payload.ts'
export { ProtocolVersion } from './messages/protocol-version.ts'
export { createRegistry, registryOf, type Registry } from './messages/registry.ts'
export { hasServices, serviceNames, Services } from './messages/services.ts'
export { createShortIds, defaultShortIds, type ShortIds } from './messages/short-ids.ts'
export { genesisBlock } from './networks/genesis-block.ts'
export { mainnet } from './networks/mainnet.ts'
export { networkByName, networks } from './networks/network-by-name.ts'
export { networkMagics } from './networks/network-magics.ts'
export type {
  ActivationHeights,
  DnsSeed,
  HeadersSyncParameters,
  Network,
  NetworkName,
  ProofOfWorkRules,
} from './networks/network.ts'
export { regtest } from './networks/regtest.ts'
export { customSignet, signet } from './networks/signet.ts'
export { testnet3 } from './networks/testnet3.ts'
export { testnet4 } from './networks/testnet4.ts'
export {
  blockSize,
  blockWeight,
  blockBytes,
  decodeBlock,
  encodeBlock,
  MAX_BLOCK_TRANSACTIONS,
  MAX_BLOCK_WEIGHT,
  MIN_TRANSACTION_WEIGHT,
  type Block,
} from './primitives/block.ts'
export { isCoinbase } from './primitives/is-coinbase.ts'
export { coinbaseHeight } from './primitives/coinbase-height.ts'
export {
  blockHash,
  blockHashes,
  decodeHeader,
  encodeHeader,
  HEADER_SIZE,
  type BlockHeader,
} from './primitives/header.ts'
export { MAX_SCRIPT_SIZE } from './primitives/max-script-size.ts'
export { blockMerkleRoot, merkleRoot, witnessMerkleRoot, type MerkleRoot } from './primitives/merkle-root.ts'
export { OP_0, OP_CHECKSIG, OP_PUSHDATA4, OP_RETURN } from './primitives/opcodes.ts'
export { decodeTransaction } from './primitives/transaction-decoder.ts'
export {
  encodeTransaction,
  hasWitness,
  transactionSize,
  transactionVirtualSize,
  transactionWeight,
} from './primitives/transaction-encoder.ts'
export { txid, txids, wtxid, wtxids } from './primitives/transaction-id.ts'
export type { OutPoint, Transaction, TransactionInput, TransactionOutput } from './primitives/transaction.ts'
export {
  checkWitnessCommitment,
  witnessCommitment,
  type WitnessCommitmentResult,
} from './primitives/witness-commitment.ts'
export { type Json, toJson } from './text-form/to-json.ts'
export { toPlain } from './text-form/to-plain.ts'
export { bitmapHas, bitmapIndexes, bitmapOf, type Bitmap } from './utreexo/bitmap.ts'
export { selectUtreexoProof } from './utreexo/select-utreexo-proof.ts'
export {
  type ImpliedScriptType,
  type LeafData,
  type LeafScript,
} from './utreexo/leaf-data.ts'
export {
  MAX_UTREEXO_HASHES,
  MAX_UTREEXO_PROOF_SIZE,
  MAX_UTREEXO_TARGETS,
  packedProofHashes,
  type UtreexoProof,
  type UtreexoProofRequest,
  withPackedHashes,
} from './utreexo/utreexo-proof.ts'
export { MAX_UTREEXO_ROOTS, MAX_UTREEXO_TREE_HASHES, type UtreexoRoots } from './utreexo/utreexo-roots.ts'
export type { UtreexoTransaction } from './utreexo/utreexo-transaction.ts'
export {
  MAX_BLOCK_TTLS,
  MAX_UTREEXO_TTLS,
  MAX_UTREEXO_TTLS_EXPONENT,
  type UtreexoBlockTtls,
  type UtreexoTtls,
  type UtreexoTtlsRequest,
} from './utreexo/utreexo-ttls.ts'
