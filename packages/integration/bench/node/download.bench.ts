import { createBlockCheckWorkers } from '@sapwood/node/check-workers'
import { regtest } from '@sapwood/wire-codec'
import { RegtestBitcoind } from '@sapwood/integration'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { mineBigChain } from './big-chain.ts'
import { downloadByNode } from './download-by-node.ts'
import { downloadPlainly, hashUnavoidably } from './plain-sockets.ts'
import { secondsOf } from './seconds-of.ts'

const CHAIN_BYTES = Number(process.env['SAPWOOD_BENCH_CHAIN_MB'] ?? 300) * 1e6

const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start()
  const chain = await mineBigChain(bitcoind, CHAIN_BYTES)
  const hashes = chain.hashes.slice(chain.firstFull - 1)
  await using blockChecker = createBlockCheckWorkers({ network: regtest })
  const seconds: Record<string, number> = await secondsOf({
    'download-v1': () => downloadByNode(bitcoind, chain, 'v1'),
    'download-v2': () => downloadByNode(bitcoind, chain, 'v2'),
    'download-v1-workers': () => downloadByNode(bitcoind, chain, 'v1', { blockChecker }),
    'download-v2-workers': () => downloadByNode(bitcoind, chain, 'v2', { blockChecker }),
    'bare-socket': () => downloadPlainly(bitcoind.p2pPort, hashes, () => undefined),
    'hashing-socket': () => downloadPlainly(bitcoind.p2pPort, hashes, hashUnavoidably),
  })
  const rate = (name: string): number => chain.bytes / 1e6 / seconds[name]!
  for (const name of Object.keys(seconds).filter((each) => each.startsWith('download'))) {
    for (const referenceName of ['bare-socket', 'hashing-socket']) {
      emit(
        figure({
          name,
          unit: 'MB/s',
          better: 'higher',
          ours: rate(name),
          reference: rate(referenceName),
          referenceName,
        }),
      )
    }
  }
}

export default bench
