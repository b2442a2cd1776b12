import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'
import { type Emit, figure } from '../../../../tools/bench/measure.ts'
import { startUtreexod } from '../../test/interop/utreexo/utreexod.ts'
import { proofsPerSecond } from './proofs-per-second.ts'
import { startBridgeProcess } from './start-bridge-process.ts'

const BLOCKS = 1_700
/** Seconds from one block to the next. */
const SPACING = 30
/** Milliseconds: a bench waits as long as it takes. */
const timeout = 600_000

/** The bridge beside utreexod (variable UTREEXOD) on one chain, each in a process and a folder of its own. */
export default async function bench(emit: Emit): Promise<void> {
  const path = process.env['UTREEXOD']
  if (path === undefined || !existsSync(path)) return
  // utreexod serves no proof where its tip is older than a day.
  const startTime = Math.floor(Date.now() / 1_000) - BLOCKS * SPACING
  const chain = new RegtestChain({ blocks: BLOCKS, transactions: 5, startTime, spacing: SPACING })
  await using miner = await startRegtestPeer({ chain })
  const connect = `127.0.0.1:${miner.address.port}`

  const start = process.hrtime.bigint()
  const program = { command: [path], environment: {} } as unknown as Parameters<
    typeof startUtreexod
  >[0]['program']
  const utreexod = await startUtreexod({ program, role: 'bridge', connect, v2: false, keep: false })
  let theirs: Result
  try {
    await utreexod.waitForHeight(BLOCKS, timeout)
    const seconds = secondsSince(start)
    const port = Number(utreexod.hostAndPort.split(':').at(-1))
    const { pid } = utreexod.process
    const cpuSeconds = cpuSecondsOf(pid)
    theirs = { seconds, cpuSeconds, proofs: await proofsPerSecond(chain, port), memory: memoryOf(pid) }
  } finally {
    await utreexod[Symbol.asyncDispose]()
  }

  const folder = await mkdtemp(join(tmpdir(), 'sapwood-bench-'))
  const bridge = await startBridgeProcess([String(BLOCKS), connect, folder])
  let ours: Result
  try {
    const { seconds, cpuSeconds, port, pid } = bridge
    ours = { seconds, cpuSeconds, proofs: await proofsPerSecond(chain, port), memory: memoryOf(pid) }
  } finally {
    bridge.stop()
    await rm(folder, { recursive: true, force: true })
  }

  const row = (
    name: string,
    unit: string,
    better: 'higher' | 'lower',
    of: (result: Result) => number,
  ): void =>
    emit(figure({ name, unit, better, ours: of(ours), reference: of(theirs), referenceName: 'utreexod' }))
  // Headers, too, in both.
  row('bridge-beside-index', 'blocks/s', 'higher', ({ seconds }) => BLOCKS / seconds)
  // A busy machine says nothing by its clock.
  row('bridge-beside-index-cpu', 'blocks/CPU s', 'higher', ({ cpuSeconds }) => BLOCKS / cpuSeconds)
  row('bridge-beside-serve', 'proofs/s', 'higher', ({ proofs }) => proofs)
  row('bridge-beside-memory', 'MB', 'lower', ({ memory }) => memory)
}

interface Result {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly proofs: number
  readonly memory: number
}

const secondsSince = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e9

/** Ticks of a second in which Linux counts what a process has worked (`getconf CLK_TCK`). */
const TICKS = 100

/** Seconds of CPU time of a process so far (utime and stime, 14 and 15 of its `stat`). */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name before them may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Megabytes that a process holds (VmRSS). */
function memoryOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1_000
}
