import type { BlockFault } from '../block-check.ts'

/** To a worker. The memory of `payload` goes with it. */
export interface CheckRequest {
  readonly id: number
  readonly payload: Uint8Array
  readonly height: number
}

/** From a worker. */
export interface CheckReply {
  readonly id: number
  readonly fault: BlockFault | undefined
}
