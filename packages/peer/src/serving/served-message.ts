/** The remote's requests that `PeerServices` answer. */
export type ServedType =
  | 'getheaders'
  | 'getblocks'
  | 'getdata'
  | 'getaddr'
  | 'mempool'
  | 'getblocktxn'
  | 'getcfilters'
  | 'getcfheaders'
  | 'getcfcheckpt'
  | 'getuproof'
  | 'geturoot'

/** A request that waits to be answered: its bytes, as its objects would take many times their memory. */
export interface ServedMessage {
  readonly type: ServedType
  /** Has been decoded without failing. */
  readonly payload: Uint8Array
}
