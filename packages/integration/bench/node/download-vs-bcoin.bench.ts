import { bytesToHex } from '@sapwood/wire-codec'
import { RegtestBitcoind } from '@sapwood/integration'
import { type Bench, figure, median } from '../../../../tools/bench/measure.ts'
import { mineBigChain } from './big-chain.ts'
import { downloadByBcoinPeer, syncByBcoin } from './bcoin.ts'
import { downloadByNode } from './download-by-node.ts'

/** Less than for the other downloads: bcoin takes its time. */
const CHAIN_BYTES = Number(process.env['SAPWOOD_BENCH_BCOIN_MB'] ?? 50) * 1e6
const ROUNDS = 3

/**
 * npm bcoin as it syncs: every script and coin is validated too, which our node does not do. Beside it
 * bcoin's peer with its `Block.verify`, which checks about what our node checks.
 */
const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start()
  const chain = await mineBigChain(bitcoind, CHAIN_BYTES)
  const hashes = chain.hashes.slice(chain.firstFull - 1).map((hash) => bytesToHex(hash))
  const contenders = {
    ours: () => downloadByNode(bitcoind, chain, 'v1'),
    'npm bcoin': () => syncByBcoin(bitcoind.p2pPort, chain.firstFull, chain.height),
    "bcoin's Peer and Block.verify": () => downloadByBcoinPeer(bitcoind.p2pPort, hashes),
  }
  const seconds: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contenders)) (seconds[name] ??= []).push(await run())
  }
  const rate = (name: string): number => chain.bytes / 1e6 / median(seconds[name]!)
  for (const referenceName of Object.keys(contenders).slice(1)) {
    emit(
      figure({
        name: 'download-vs-bcoin',
        unit: 'MB/s',
        better: 'higher',
        ours: rate('ours'),
        reference: rate(referenceName),
        referenceName,
      }),
    )
  }
}

export default bench
