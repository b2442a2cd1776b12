import type { Network } from '@sapwood/wire-codec'
import type { Logger } from '@sapwood/transport-v1v2'
import { type BlockFault, checkBlock } from '../blocks/block-check.ts'
import type { BlockChecker } from '../blocks/block-checker.ts'
import type { BlockToCheck } from '../blocks/block-download-types.ts'
import type { CallQueue } from './call-queue.ts'

export interface BlockChecksComponents {
  readonly checker: BlockChecker
  readonly network: Network
  readonly logger: Logger
  readonly onLoop: CallQueue['post']
  readonly onChecked: (checked: BlockToCheck, fault: BlockFault | undefined) => void
}

/** Has blocks checked beside the loop, and brings what was found back to it. */
export class BlockChecks {
  readonly #parts: BlockChecksComponents

  constructor(components: BlockChecksComponents) {
    this.#parts = components
  }

  /** `onChecked` follows, on the loop, whatever becomes of the checker. */
  check(block: BlockToCheck): void {
    void this.#find(block).then((fault) => {
      this.#parts.onLoop('block-checked', () => {
        this.#parts.onChecked(block, fault)
      })
    })
  }

  async #find({ block, payload, height }: BlockToCheck): Promise<BlockFault | undefined> {
    const { checker, network, logger } = this.#parts
    try {
      return await checker.check(payload, height)
    } catch (error) {
      logger.warn({ err: error, height }, 'a block is checked on the main thread: its checker failed')
      return checkBlock(block, height, network)
    }
  }
}
