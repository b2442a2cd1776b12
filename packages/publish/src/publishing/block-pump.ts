import type { BlockAccess, BlockStreamItem } from '@sapwood/node'
import { WakeUp } from '@sapwood/transport-v1v2/environment'

/** Blocks that wait to be published at most, and their bytes: the largest block, and another. */
const MAX_AHEAD = 64
const MAX_BYTES_AHEAD = 8_000_000

/** Blocks from a height on, a few ahead of whoever takes them. */
export class BlockPump {
  readonly #items: BlockStreamItem[] = []
  #bytes = 0
  readonly #ending = new AbortController()
  readonly #room = new WakeUp()
  readonly #finished: Promise<void>
  #failure: { readonly error: unknown } | undefined

  /** @param wake Rung when there is something to take. */
  constructor(blocks: BlockAccess, from: number, wake: WakeUp) {
    this.#finished = this.#run(blocks, from, wake)
  }

  /** The next item, where there is one. @throws what the stream of blocks ended with, after its items. */
  take(): BlockStreamItem | undefined {
    const item = this.#items.shift()
    if (item === undefined && this.#failure !== undefined) throw this.#failure.error
    if (item === undefined) return undefined
    this.#bytes -= sizeOf(item)
    this.#room.ring()
    return item
  }

  /** Lets go of the stream. Never rejects. */
  async close(): Promise<void> {
    this.#ending.abort(new Error('no more blocks are taken'))
    await this.#finished
  }

  async #run(blocks: BlockAccess, from: number, wake: WakeUp): Promise<void> {
    const { signal } = this.#ending
    try {
      for await (const item of blocks.follow({ from }, { signal })) {
        this.#items.push(item)
        this.#bytes += sizeOf(item)
        wake.ring()
        while (!this.#hasRoom && !signal.aborted) await this.#room.wait(signal)
        signal.throwIfAborted()
      }
    } catch (error) {
      this.#failure = { error }
      wake.ring()
    }
  }

  get #hasRoom(): boolean {
    return this.#items.length < MAX_AHEAD && this.#bytes < MAX_BYTES_AHEAD
  }
}

function sizeOf(item: BlockStreamItem): number {
  return item.type === 'block' ? item.size : 0
}
