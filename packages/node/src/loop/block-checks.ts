import { blockBytes, type Network } from '@sapwood/wire-codec'
import { type Clock, type Logger, withDeadline } from '@sapwood/transport-v1v2/environment'
import { type BlockFault, checkBlock } from '../blocks/block-check.ts'
import type { BlockChecker } from '../blocks/block-checker.ts'
import type { BlockToCheck } from '../blocks/block-download-action.ts'
import type { CallQueue } from './call-queue.ts'

/** Milliseconds that a checker has for one block: the largest take a fraction of a second. */
const CHECK_TIMEOUT = 10_000

export interface BlockChecksComponents {
  readonly clock: Clock
  readonly checker: BlockChecker
  readonly network: Network
  readonly logger: Logger
  readonly calls: Pick<CallQueue, 'post'>
}

/** Has blocks checked beside the loop, and brings what was found back to it. */
export class BlockChecks {
  readonly #parts: BlockChecksComponents

  constructor(components: BlockChecksComponents) {
    this.#parts = components
  }

  /** `onChecked` follows, on the loop, whatever becomes of the checker. */
  check(block: BlockToCheck, onChecked: (fault: BlockFault | undefined) => void): void {
    void this.#find(block).then((fault) => {
      this.#parts.calls.post('block-checked', () => onChecked(fault))
    })
  }

  async #find({ block, height }: BlockToCheck): Promise<BlockFault | undefined> {
    const { clock, checker, network, logger } = this.#parts
    try {
      const found: unknown = await withDeadline(clock, CHECK_TIMEOUT, async () =>
        checker.check(blockBytes(block), height),
      )
      if (found === undefined || isFault(found)) return found
      throw new TypeError('A block checker answers with a fault, or with undefined')
    } catch (error) {
      logger.warn({ err: error, height }, 'a block is checked on the main thread: its checker failed')
      return checkBlock(block, height, network)
    }
  }
}

function isFault(found: unknown): found is BlockFault {
  return (
    typeof found === 'object' && found !== null && typeof (found as Partial<BlockFault>).rule === 'string'
  )
}
