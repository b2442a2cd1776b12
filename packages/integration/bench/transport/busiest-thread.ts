import { readdir, readFile } from 'node:fs/promises'

/** Linux counts a thread's processor time in hundredths of a second. */
const TICK_SECONDS = 0.01
/** Fields of `/proc/<pid>/task/<tid>/stat` after the name, which ends in a bracket: user and system time. */
const USER_TIME = 11
const SYSTEM_TIME = 12

/**
 * Seconds of processor time that each thread of a process has used, by thread id. Empty where there is no
 * `/proc`.
 */
async function threadSeconds(pid: number): Promise<ReadonlyMap<string, number>> {
  const seconds = new Map<string, number>()
  const folder = `/proc/${pid}/task`
  for (const thread of await readdir(folder).catch(() => [])) {
    const stat = await readFile(`${folder}/${thread}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    seconds.set(thread, (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * TICK_SECONDS)
  }
  return seconds
}

/**
 * While `work` runs: the share of its time, in percent, that the busiest thread of a process was on a
 * processor.
 */
export async function busiestThread<T>(pid: number, work: () => Promise<T>): Promise<readonly [T, number]> {
  const before = await threadSeconds(pid)
  const start = process.hrtime.bigint()
  const result = await work()
  const elapsed = Number(process.hrtime.bigint() - start) / 1e9
  const after = await threadSeconds(pid)
  const used = [...after].map(([thread, seconds]) => seconds - (before.get(thread) ?? 0))
  return [result, (100 * Math.max(0, ...used)) / elapsed]
}
