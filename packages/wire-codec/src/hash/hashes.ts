declare const brand: unique symbol

/** A 32-byte hash in wire order (the reverse of the text form that people read). */
export type Hash256 = Uint8Array & { readonly [brand]?: 'hash256' | 'block' | 'txid' | 'wtxid' | 'merkle' | 'filter' }
/** Double SHA-256 of a block header, 32 bytes in wire order. */
export type BlockHash = Uint8Array & { readonly [brand]: 'block' }
/** Double SHA-256 of a transaction without its witness, 32 bytes in wire order. */
export type Txid = Uint8Array & { readonly [brand]: 'txid' }
/** Double SHA-256 of a transaction with its witness (BIP141), 32 bytes in wire order. */
export type Wtxid = Uint8Array & { readonly [brand]: 'wtxid' }
