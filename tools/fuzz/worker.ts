import { parentPort, workerData } from 'node:worker_threads'
import { fuzz } from './fuzz-loop.ts'
import { loadTarget } from './fuzz-target.ts'
import type { WorkerTask } from './watched-run.ts'

// One target's turn, in a thread of its own so that an input it never ends on can be ended from outside.
const { url, packageFolderUrl, corpusFolder, seconds, seed, maxFindings, shared } = workerData as WorkerTask
const state = new Int32Array(shared, 0, 2)
const current = new Uint8Array(shared, 8)

const target = await loadTarget(url)
const result = await fuzz(target, {
  corpusFolder,
  seconds,
  seed,
  maxFindings,
  isWanted: (script) => script.startsWith(`${packageFolderUrl}/src/`),
  onInput(bytes) {
    const kept = bytes.length <= current.length ? bytes : bytes.subarray(0, current.length)
    current.set(kept)
    state[1] = kept.length
    Atomics.add(state, 0, 1)
  },
})
parentPort!.postMessage(result)
