/**
 * Names one connection for as long as the node lives: given once, never used again. Chain, block and transaction
 * machines know a peer by this and nothing else.
 */
export type PeerId = number & { readonly __brand: 'peer-id' }
