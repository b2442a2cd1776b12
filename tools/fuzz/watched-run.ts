import { Worker } from 'node:worker_threads'
import type { FuzzResult } from './fuzz-loop.ts'

/** An input that takes this many seconds of the processor, or up to twice as many, is a finding. */
const HANG_SECONDS = 10
/** So many times as long by the clock is one too: it waits for what never comes. */
const PATIENCE = 30
/** Memory of the thread; more is a finding. */
const MEMORY_MEGABYTES = 512
/** Most bytes of the running input that the watchdog keeps. */
const INPUT_BYTES = 1 << 20

/** What a worker is given. */
export interface WorkerTask {
  readonly url: string
  readonly packageFolderUrl: string
  readonly corpusFolder: string
  readonly seconds: number
  readonly seed: number
  readonly maxFindings: number
  /**
   * Two 32-bit numbers, how many inputs have begun and the length of the one that runs, and then that one.
   */
  readonly shared: SharedArrayBuffer
}

/**
 * Runs one target in a thread; a thread that hangs or runs out of memory is ended, and its last input is the
 * finding.
 */
export async function watchedRun(
  task: Omit<WorkerTask, 'shared'>,
  { hangSeconds = HANG_SECONDS }: { readonly hangSeconds?: number } = {},
): Promise<FuzzResult> {
  const shared = new SharedArrayBuffer(8 + INPUT_BYTES)
  const state = new Int32Array(shared, 0, 2)
  const lastInput = (): Uint8Array => new Uint8Array(shared, 8, Atomics.load(state, 1)).slice()
  const failed = (error: string): FuzzResult => ({
    executions: Atomics.load(state, 0),
    corpus: 0,
    functions: 0,
    findings: [{ bytes: lastInput(), error }],
  })

  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: { ...task, shared } satisfies WorkerTask,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MEGABYTES },
  })
  return new Promise((done, fail) => {
    let inputs = -1
    let looks = 0
    let cpu = process.cpuUsage()
    const watchdog = setInterval(() => {
      const begun = Atomics.load(state, 0)
      if (begun !== inputs) {
        inputs = begun
        looks = 0
        cpu = process.cpuUsage()
        return
      }
      looks += 1
      const { user, system } = process.cpuUsage(cpu)
      // That others have the processor is no fault of an input, nor is the time that loading takes.
      if (begun === 0 || ((user + system) / 1e6 < hangSeconds * 0.9 && looks < PATIENCE)) return
      done(failed(`Hang: ran for more than ${hangSeconds} seconds`))
      void worker.terminate()
    }, hangSeconds * 1000)
    worker.once('message', done)
    worker.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') done(failed(`Out of memory: ${MEMORY_MEGABYTES} MB`))
      else fail(error)
    })
    worker.once('exit', () => clearInterval(watchdog))
  })
}
