import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { RegtestBitcoind } from '@sapwood/integration'
import { type Bench, type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { type BigChain, mineBigChain } from '../node/big-chain.ts'
import { downloadPlainly } from '../node/plain-sockets.ts'

const CHAIN_BYTES = Number(process.env['SAPWOOD_BENCH_CHAIN_MB'] ?? 300) * 1e6
const PEERS = 50
const ROUNDS = 3
/** Fields of `/proc/<pid>/stat` after the name: user and system time, in hundredths of a second. */
const TIMES = { user: 11, system: 12, ticks: 100 }

interface Server {
  readonly name: string
  readonly port: number
  readonly pid: number
}

/** Seconds of processor time that a process has used. */
async function processorSeconds({ pid }: Server): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[TIMES.user]) + Number(fields[TIMES.system])) / TIMES.ticks
}

/** All blocks to one peer, or to fifty a fiftieth each: about as many bytes over all. */
async function served(
  server: Server,
  chain: BigChain,
  peers: number,
): Promise<{ readonly rate: number; readonly work: number }> {
  const hashes = chain.hashes.slice(chain.firstFull - 1)
  const share = Math.ceil(hashes.length / peers)
  const before = await processorSeconds(server)
  const start = performance.now()
  await Promise.all(
    Array.from({ length: peers }, (_, peer) => {
      const first = (peer * share) % hashes.length
      return downloadPlainly(server.port, hashes.slice(first, first + share), () => undefined)
    }),
  )
  const megabytes = (chain.bytes / hashes.length / 1e6) * share * peers
  return {
    rate: megabytes / ((performance.now() - start) / 1_000),
    work: megabytes / ((await processorSeconds(server)) - before),
  }
}

async function compareServers(
  emit: Emit,
  [ours, theirs]: readonly [Server, Server],
  chain: BigChain,
): Promise<void> {
  for (const peers of [1, PEERS]) {
    const results: Record<string, { rate: number; work: number }[]> = { [ours.name]: [], [theirs.name]: [] }
    for (let round = 0; round < ROUNDS; round++)
      for (const server of [ours, theirs]) results[server.name]!.push(await served(server, chain, peers))
    const of = (name: string, what: 'rate' | 'work'): number =>
      median(results[name]!.map((each) => each[what]))
    for (const [what, unit, end] of [
      ['rate', 'MB/s', ''],
      ['work', 'MB/CPU s', '-cpu'],
    ] as const) {
      emit(
        figure({
          name: `serve-to-${peers}${end}`,
          unit,
          better: 'higher',
          ours: of(ours.name, what),
          reference: of(theirs.name, what),
          referenceName: `${theirs.name} serving the same`,
        }),
      )
    }
  }
}

/** Our server and bitcoind's, each in a process of its own, over v1 to the same plain reader. */
const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-maxconnections=200'] })
  const chain = await mineBigChain(bitcoind, CHAIN_BYTES)
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-bench-'))
  const script = new URL('serving-process.ts', import.meta.url).pathname
  const command = ['--import', 'tsx', script, bitcoind.p2pHostAndPort, String(chain.height), folder]
  const process_ = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(createInterface(process_.stdout), 'line')) as [string]
    const ours = { name: 'ours', port: Number(port), pid: process_.pid! }
    const theirs = { name: 'bitcoind', port: bitcoind.p2pPort, pid: bitcoind.process.pid }
    await compareServers(emit, [ours, theirs], chain)
  } finally {
    process_.kill()
    await once(process_, 'close')
    await rm(folder, { recursive: true, force: true })
  }
}

export default bench
