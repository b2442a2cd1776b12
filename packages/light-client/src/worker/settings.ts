/** What the page tells its worker: where the relay is, and how to speak through it. */
export interface NodeSettings {
  /** `ws://…` */
  readonly relay: string
  /** Of the bitcoind behind it. */
  readonly peer: string
  /** To show what a relay then reads. */
  readonly v1: boolean
}

/** Who does the work of the node, as `cryptoBackend` and `sha256Backend` name it. */
export interface WorkDoneBy {
  readonly ciphers: string
  readonly hashes: string
}

/** Bytes as they pass the relay, told beside what the node says over the same port. */
export interface SeenByRelay {
  readonly seen: 'sent' | 'received'
  /** The first of them. */
  readonly bytes: Uint8Array
  readonly length: number
}
