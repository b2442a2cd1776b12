import { Worker } from 'node:worker_threads'
import type { Network } from '@sapwood/wire-codec'

/** A thread that checks blocks, run from the source, which the test runner does not compile for threads. */
export function startSourceThread(network: Network): Worker {
  return new Worker(new URL('source-thread.mjs', import.meta.url), {
    workerData: network,
    execArgv: ['--conditions=@sapwood/source'],
  })
}
