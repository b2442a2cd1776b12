/** Versions of the protocol at which something began. */
export const ProtocolVersion = {
  /** `ping` carries a nonce in versions above this one (BIP31). */
  BIP31: 60_000,
  /** Oldest that is talked to (`MIN_PEER_PROTO_VERSION`, Core). */
  MIN_PEER: 31_800,
  /** Bloom filters are off unless offered (BIP111). */
  NO_BLOOM: 70_011,
  /** `sendheaders` (BIP130). */
  SEND_HEADERS: 70_012,
  /** `feefilter` (BIP133). */
  FEE_FILTER: 70_013,
  /** Compact blocks (BIP152). */
  SHORT_IDS_BLOCKS: 70_014,
  /** A peer is not banned for an invalid compact block (BIP152). */
  INVALID_COMPACT_BLOCK_NO_BAN: 70_015,
  /** `wtxidrelay` (BIP339), and where Core sends `sendaddrv2` (BIP155). */
  WTXID_RELAY: 70_016,
  /** `feature` (BIP434). */
  FEATURE: 70_017,
  /** What Sapwood says it speaks. */
  CURRENT: 70_017,
} as const
