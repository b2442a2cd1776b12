import type { MessageOf } from '@sapwood/wire-codec'

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

export type ServedMessage = MessageOf<ServedType>
