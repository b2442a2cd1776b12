import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Network } from '@sapwood/wire-codec'
import { NodeError } from '../../errors/node-error.ts'
import type { BlockFault } from '../block-check.ts'
import type { BlockChecker } from '../block-checker.ts'
import type { CheckReply, CheckRequest } from './check-request.ts'

/** How many threads check blocks, and of which network. */
export interface BlockCheckWorkerOptions {
  /** Whose rules hold: the network of the node. */
  readonly network: Network
  /**
   * Threads, 1 to 64. Default: one for each processor, but no more than 4;
   * more than processors bring nothing.
   */
  readonly workers?: number
}

/** What the threads work with. */
export interface BlockCheckWorkerComponents {
  /**
   * Starts a thread that runs `check-worker` of this package with the network as its data.
   * Default: `node:worker_threads`.
   */
  readonly startThread?: (network: Network) => Worker
}

/** Threads that check blocks. Whoever started them ends them. */
export interface BlockCheckWorkers extends BlockChecker, AsyncDisposable {
  /** Ends the threads; checks under way reject. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (fault: BlockFault | undefined) => void
  readonly reject: (error: Error) => void
}

const MOST_BY_DEFAULT = 4
const MAX_WORKERS = 64

/**
 * Starts threads that hash and check blocks beside the node's own, for `NodeComponents.blockChecker`. Each
 * block is copied once on its way to a thread. Worth it where blocks come faster than about 100 MB/s and a
 * processor is free. Ids of transactions are not handed back: a program that asks for them has them computed
 * on its own thread.
 * @throws NodeError `invalid-argument` for a number of workers that is none of 1 to 64.
 */
export function createBlockCheckWorkers(
  options: BlockCheckWorkerOptions,
  { startThread = startWorker }: BlockCheckWorkerComponents = {},
): BlockCheckWorkers {
  const { network, workers = Math.min(availableParallelism(), MOST_BY_DEFAULT) } = options
  if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) {
    throw new NodeError('invalid-argument', `workers is ${workers}, and may be 1 to ${MAX_WORKERS}`, {
      limit: MAX_WORKERS,
    })
  }
  return new CheckWorkers(Array.from({ length: workers }, () => new CheckThread(startThread(network))))
}

function startWorker(network: Network): Worker {
  return new Worker(new URL('./check-worker.js', import.meta.url), { workerData: network })
}

class CheckWorkers implements BlockCheckWorkers {
  readonly #threads: readonly CheckThread[]

  constructor(threads: readonly CheckThread[]) {
    this.#threads = threads
  }

  check(payload: Uint8Array, height: number): Promise<BlockFault | undefined> {
    let least = this.#threads[0]!
    for (const thread of this.#threads) if (thread.load < least.load) least = thread
    return least.check(payload, height)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** One thread and the checks it has been given. */
class CheckThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #ended: Error | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    this.#worker.on('message', ({ id, fault }: CheckReply) => {
      this.#waiting.get(id)?.resolve(fault)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#worker.unref()
    })
    this.#worker.on('error', (error: Error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(new Error('The thread that checks blocks has ended')))
    this.#worker.unref()
  }

  /** Checks under way; a thread that has ended has more than any other. */
  get load(): number {
    return this.#ended === undefined ? this.#waiting.size : Number.POSITIVE_INFINITY
  }

  check(payload: Uint8Array, height: number): Promise<BlockFault | undefined> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const copy = Uint8Array.from(payload)
    const request: CheckRequest = { id: this.#nextId++, payload: copy, height }
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject })
      // Idle threads keep no process alive, and those with a check under way do.
      this.#worker.ref()
      this.#worker.postMessage(request, [copy.buffer])
    })
  }

  async close(): Promise<void> {
    this.#end(new Error('The threads that check blocks were ended'))
    await this.#worker.terminate()
  }

  #end(why: Error): void {
    this.#ended ??= why
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
  }
}
