import type { ServedType } from '../contract/peer-services.ts'

/** A request that waits to be answered: its bytes, as its objects would take many times their memory. */
export interface ServedMessage {
  readonly type: ServedType
  /** Has been decoded without failing. */
  readonly payload: Uint8Array
}
