import { readFileSync } from 'node:fs'

const SAMPLE_INTERVAL = 25

/** Resident memory of a process as Linux counts it, in bytes; 0 once it is gone. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
  } catch {
    return 0
  }
}

/** Watches the resident memory of a process. */
export class ResidentWatch implements Disposable {
  readonly before: number
  #worst: number
  readonly #pid: number
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#pid = pid
    this.before = residentBytes(pid)
    this.#worst = this.before
    this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL)
  }

  /** The most since it watches, in bytes. */
  get worst(): number {
    this.#sample()
    return this.#worst
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    this.#worst = Math.max(this.#worst, residentBytes(this.#pid))
  }
}
