/** Most bytes of a payload (`MAX_PROTOCOL_MESSAGE_LENGTH`, net.h). */
export const MAX_PAYLOAD_SIZE = 4_000_000
/** Most bytes of a user agent (`MAX_SUBVERSION_LENGTH`, net.h; BIP14 has none). */
export const MAX_USER_AGENT_LENGTH = 256
/** Most entries of `addr` and `addrv2` (BIP155; `MAX_ADDR_TO_SEND`, net_processing.cpp). */
export const MAX_ADDRESSES = 1_000
/** Most bytes of an address in `addrv2` (BIP155). */
export const MAX_ADDRV2_SIZE = 512
/** Most entries of `inv`, `getdata` and `notfound` (`MAX_INV_SZ`, net_processing.cpp). */
export const MAX_INV_SIZE = 50_000
/** Entries of a `getdata` of ours (`MAX_GETDATA_SZ`, net_processing.cpp); others may send `MAX_INV_SIZE`. */
export const MAX_GETDATA_SIZE = 1_000
/** Blocks asked of one remote at a time (`MAX_BLOCKS_IN_TRANSIT_PER_PEER`, net_processing.cpp). */
export const MAX_BLOCKS_IN_TRANSIT_PER_PEER = 16
/** Announced transactions remembered of one remote (`MAX_PEER_TX_ANNOUNCEMENTS`, txdownloadman.h). */
export const MAX_PEER_TX_ANNOUNCEMENTS = 5_000
/** Entries of a `notfound` that are looked at: as many as have been asked for (net_processing.cpp). */
export const MAX_NOTFOUND_SIZE: number = MAX_PEER_TX_ANNOUNCEMENTS + MAX_BLOCKS_IN_TRANSIT_PER_PEER
/** Most hashes of a block locator (`MAX_LOCATOR_SZ`, net_processing.cpp). */
export const MAX_LOCATOR_SIZE = 101
/** Most entries of `headers` (`MAX_HEADERS_RESULTS`, net_processing.h; BIP130). */
export const MAX_HEADERS_RESULTS = 2_000
/** Most hashes of an answer to `getblocks` (net_processing.cpp). */
export const MAX_BLOCKS_IN_INV = 500
/** Most bytes of the filter in `filterload` (BIP37; `MAX_BLOOM_FILTER_SIZE`, bloom.h). */
export const MAX_BLOOM_FILTER_SIZE = 36_000
/** Most hash functions of a bloom filter (BIP37; `MAX_HASH_FUNCS`, bloom.h). */
export const MAX_BLOOM_HASH_FUNCTIONS = 50
/** Most bytes of the element in `filteradd` (BIP37; `MAX_SCRIPT_ELEMENT_SIZE`, script.h). */
export const MAX_FILTER_ELEMENT_SIZE = 520
/** The only version of compact blocks that is spoken (BIP152, with witnesses; `CMPCTBLOCKS_VERSION`). */
export const COMPACT_BLOCKS_VERSION = 2n
/** Most transactions of a compact block, and the largest index in one (BIP152: indices are 16-bit). */
export const MAX_COMPACT_BLOCK_TRANSACTIONS = 0xffff
/** Most filters that one `getcfilters` may ask for (BIP157). */
export const MAX_FILTERS_PER_REQUEST = 1_000
/** Most filter headers that one `getcfheaders` may ask for, and entries of `cfheaders` (BIP157). */
export const MAX_FILTER_HEADERS_PER_REQUEST = 2_000
/** Blocks from one filter header of `cfcheckpt` to the next (BIP157). */
export const FILTER_CHECKPOINT_INTERVAL = 1_000
/** Least bytes of the id of a feature (BIP434). */
export const MIN_FEATURE_ID_LENGTH = 4
/** Most bytes of the id of a feature (BIP434). */
export const MAX_FEATURE_ID_LENGTH = 80
/** Most bytes of the data of a feature (BIP434). */
export const MAX_FEATURE_DATA_SIZE = 512
/** Most transactions that `getpkgtxns` may ask for, and so of `pkgtxns` (BIP331). */
export const MAX_PACKAGE_TRANSACTIONS = 100
/** Most bytes of the command and most of the reason that a `reject` carries (BIP61). */
export const MAX_REJECT_COMMAND_LENGTH = 12
/** Most bytes of the reason in a `reject` (Core: MAX_REJECT_MESSAGE_LENGTH). */
export const MAX_REJECT_REASON_LENGTH = 111
/** Most satoshi there can ever be (`MAX_MONEY`, consensus/amount.h). */
export const MAX_MONEY = 2_100_000_000_000_000n
