import { readFileSync } from 'node:fs'

/** Of a second, by which Linux counts (`USER_HZ`). */
const TICKS = 100

/** What a process has had of the processors so far as Linux counts it, in milliseconds; 0 once it is gone. */
export function processorTime(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which is in brackets and may hold anything: the 14th and the 15th of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS
  } catch {
    return 0
  }
}
