import type { BlockRef, BlockStreamItem, NodeHandle } from '@sapwood/node'
import { guardedLogger, type Logger, WakeUp } from '@sapwood/transport-v1v2/environment'
import { type Block, hashToHex, txid } from '@sapwood/wire-codec'
import { aText, listOf, needed, oneOf, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { ZmqSocket } from './open-zmq-socket.ts'
import {
  ofConnectedBlock,
  ofDisconnectedBlock,
  ofHeardTransaction,
  ofTip,
  type ZmqMessage,
  ZMQ_TOPICS,
  type ZmqTopic,
} from './zmq-messages.ts'

/** One topic at one address: Core's `-zmqpubrawblock=tcp://127.0.0.1:28332`. */
export interface ZmqNotifier {
  readonly topic: ZmqTopic
  /** `tcp://…`, `ipc://…`, or Core's `unix:…`. Several topics may share one. */
  readonly address: string
  /** Messages queued for a subscriber that does not read; 0 for any number. Default: 1,000 (Core). */
  readonly highWaterMark?: number
}

/** What is published, and where. */
export interface PublishZmqOptions {
  readonly notifiers: readonly ZmqNotifier[]
}

/** Messages for one subscriber, at most: ZMQ has 31 bits for it. */
const MAX_HIGH_WATER_MARK = 0x7fffffff
const publishZmqOptions = optionsOf<PublishZmqOptions>({
  notifiers: needed(
    listOf(
      optionsOf<ZmqNotifier>({
        topic: needed(oneOf(...ZMQ_TOPICS)),
        address: needed(aText),
        highWaterMark: wholeNumber(0, MAX_HIGH_WATER_MARK),
      }),
    ),
  ),
})

/** What publishing over ZMQ works with. */
export interface PublishZmqComponents {
  readonly logger?: Logger
  /** How a socket is opened. Default: by the package `zeromq`. */
  readonly openSocket?: (address: string, highWaterMark: number) => Promise<ZmqSocket>
}

/** Publishing under way. */
export interface ZmqPublisher extends AsyncDisposable {
  /** Messages that were left out so far, since too much was waiting; their numbers are missing, too. */
  readonly dropped: number
  close(): Promise<void>
}

/** The parts of a node that are published. */
export type ZmqNode = Pick<NodeHandle, 'chain' | 'blocks' | 'events' | 'info'>

/** Messages for one subscriber (Core, `DEFAULT_ZMQ_SNDHWM`). */
export const DEFAULT_ZMQ_HIGH_WATER_MARK = 1_000
/** Bytes of heard transactions that wait for their turn behind blocks. */
const MAX_UNSENT_BYTES = 16_000_000
/** Transactions that were heard and are in no block yet, whose ids are remembered. */
const MAX_HEARD = 100_000
/** Milliseconds that a block which has left the chain is waited for. */
const LEFT_BLOCK_TIMEOUT = 10_000

/**
 * Publishes what a node hears over ZMQ, as Bitcoin Core does: topics, bodies, counters and order, from the
 * block after the last one that it has. Nobody has checked the scripts of the transactions, and there is no
 * mempool: `sequence` has no `R`, and a transaction of a block that left the chain does not come again as
 * `A`. What a subscriber does not take in time is lost, and its numbers say so.
 * @throws PublishError `missing-package` without `zeromq`; `invalid-argument` where an address cannot be
 * listened on.
 */
export async function publishZmq(
  node: ZmqNode,
  options: PublishZmqOptions,
  components: PublishZmqComponents = {},
): Promise<ZmqPublisher> {
  refuseArgument(publishZmqOptions, options, 'publishZmq: options')
  const open = components.openSocket ?? (await import('./open-zmq-socket.ts')).openZmqSocket
  const notifiers = await openNotifiers(options.notifiers, open)
  return new NodeZmqPublisher(node, notifiers, guardedLogger(components.logger))
}

/** A notifier that is open, and how many messages it has told of. */
interface OpenNotifier {
  readonly topic: ZmqTopic
  readonly socket: ZmqSocket
  /** Of four bytes: it begins anew after 4,294,967,295. */
  count: number
}

async function openNotifiers(
  wanted: readonly ZmqNotifier[],
  open: NonNullable<PublishZmqComponents['openSocket']>,
): Promise<readonly OpenNotifier[]> {
  const sockets = new Map<string, ZmqSocket>()
  try {
    const notifiers: OpenNotifier[] = []
    for (const { topic, address, highWaterMark = DEFAULT_ZMQ_HIGH_WATER_MARK } of wanted) {
      const place = address.replace(/^unix:/, 'ipc://')
      const socket = sockets.get(place) ?? (await open(place, highWaterMark))
      sockets.set(place, socket)
      notifiers.push({ topic, socket, count: 0 })
    }
    // Core has them in the order of their topics' names.
    return notifiers.sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0))
  } catch (error) {
    for (const socket of sockets.values()) socket.close()
    throw error
  }
}

class NodeZmqPublisher implements ZmqPublisher {
  dropped = 0
  readonly #node: ZmqNode
  readonly #notifiers: readonly OpenNotifier[]
  readonly #logger: Logger
  readonly #ending = new AbortController()
  readonly #wake = new WakeUp()
  readonly #finished: Promise<void>
  /** What waits to be sent, in order; the event that it belongs to is what sends it. */
  readonly #waiting: { readonly messages: Iterable<ZmqMessage>; readonly bytes: number }[] = []
  #waitingBytes = 0
  #mempoolSequence = 1n
  readonly #heard = new Set<string>()

  constructor(node: ZmqNode, notifiers: readonly OpenNotifier[], logger: Logger) {
    this.#node = node
    this.#notifiers = notifiers
    this.#logger = logger
    // Whatever ends it, the process is not what it ends.
    this.#finished = this.#run().catch((error: unknown) => {
      logger.error({ err: error }, 'nothing more is published over ZMQ')
    })
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error('publishing over ZMQ ends'))
    await this.#finished
    for (const socket of new Set(this.#notifiers.map((each) => each.socket))) socket.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    const { events } = this.#node
    const stops = [
      events.on('transaction-heard', ({ heard }) => {
        this.#remember(hashToHex(heard.txid))
        const messages = ofHeardTransaction(heard.transaction, heard.txid, this.#mempoolSequence)
        this.#mempoolSequence += 1n
        this.#queue(messages, heard.size)
      }),
      events.on('stopped', () => this.#ending.abort(new Error('the node has stopped'))),
    ]
    try {
      await Promise.all([this.#sendWaiting(), this.#followBlocks()])
    } finally {
      for (const stop of stops) stop()
    }
  }

  /** Never rejects. */
  async #followBlocks(): Promise<void> {
    const { signal } = this.#ending
    const { chain, blocks } = this.#node
    const from = (blocks.stored().range?.tip.height ?? chain.tip().height) + 1
    let best = 0n
    try {
      for await (const item of blocks.follow({ from }, { signal })) {
        if (item.type === 'reorg') await this.#disconnect(item.change.disconnected, from)
        else best = this.#connect(item, best)
        // No more blocks are taken than are sent.
        while (this.#waiting.length > 0 && !signal.aborted) await this.#wake.wait(signal)
      }
    } catch (error) {
      if (!signal.aborted) this.#logger.error({ err: error }, 'no more blocks are published over ZMQ')
    }
  }

  /** @returns the most work that a block has been told of as a tip. */
  #connect(item: Extract<BlockStreamItem, { type: 'block' }>, best: bigint): bigint {
    const { block, hash } = item
    // Core counts what leaves its mempool for a block, and tells of none of it.
    for (const transaction of block.transactions) {
      if (this.#heard.delete(hashToHex(txid(transaction)))) this.#mempoolSequence += 1n
    }
    this.#queue(ofConnectedBlock(block, hash), 0)
    const work = this.#node.chain.get(hash)?.work ?? 0n
    // In a reorg Core tells of the first block that is worth more than the old tip, and of those above.
    if (work <= best || this.#node.info().phase !== 'running') return best
    this.#queue(ofTip(block, item), 0)
    return work
  }

  async #disconnect(blocks: readonly BlockRef[], from: number): Promise<void> {
    for (const { height, hash } of blocks) {
      if (height < from) continue
      const block = await this.#blockOf(hash)
      this.#queue(ofDisconnectedBlock(block, hash), 0)
    }
  }

  async #blockOf(hash: BlockRef['hash']): Promise<Block | undefined> {
    try {
      const { signal } = this.#ending
      return (await this.#node.blocks.getBlock(hash, { timeout: LEFT_BLOCK_TIMEOUT, signal })).block
    } catch (error) {
      this.#logger.warn({ err: error, hash: hashToHex(hash) }, 'a block that left the chain cannot be had')
      return undefined
    }
  }

  #remember(id: string): void {
    this.#heard.add(id)
    if (this.#heard.size <= MAX_HEARD) return
    for (const oldest of this.#heard) {
      this.#heard.delete(oldest)
      return
    }
  }

  /** @param bytes what it counts for; blocks, which wait until all is sent, count for nothing. */
  #queue(messages: Iterable<ZmqMessage>, bytes: number): void {
    if (this.#waitingBytes + bytes > MAX_UNSENT_BYTES && bytes > 0) {
      for (const { topic } of messages) {
        for (const notifier of this.#notifiers) if (notifier.topic === topic) this.#skip(notifier)
      }
      return
    }
    this.#waiting.push({ messages, bytes })
    this.#waitingBytes += bytes
    this.#wake.ring()
  }

  #skip(notifier: OpenNotifier): void {
    notifier.count = (notifier.count + 1) >>> 0
    this.dropped += 1
  }

  /** Never rejects. */
  async #sendWaiting(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      const next = this.#waiting[0]
      if (next === undefined) {
        await this.#wake.wait(signal)
        continue
      }
      for (const message of next.messages) await this.#send(message)
      this.#waiting.shift()
      this.#waitingBytes -= next.bytes
      this.#wake.ring()
    }
  }

  async #send({ topic, body }: ZmqMessage): Promise<void> {
    for (const notifier of this.#notifiers) {
      if (notifier.topic !== topic) continue
      const count = new Uint8Array(4)
      new DataView(count.buffer).setUint32(0, notifier.count, true)
      notifier.count = (notifier.count + 1) >>> 0
      try {
        await notifier.socket.send([new TextEncoder().encode(topic), body, count])
      } catch (error) {
        this.#logger.warn({ err: error, topic }, 'a ZMQ message could not be sent')
      }
    }
  }
}
