/** Bytes of a hash: SHA-256, once or twice. */
export const HASH_SIZE = 32
/** Bytes of a block header. */
export const HEADER_SIZE = 80
