import { RegtestBitcoind } from '@sapwood/integration'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { mineBigChain } from './big-chain.ts'
import { downloadByNode } from './download-by-node.ts'
import { downloadPlainly, hashUnavoidably } from './plain-sockets.ts'
import { secondsOf } from './seconds-of.ts'

const CHAIN_BYTES = Number(process.env['SAPWOOD_BENCH_SMALL_CHAIN_MB'] ?? 60) * 1e6

/** Blocks of four thousand small transactions with witnesses, as those of today: each is hashed twice. */
const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start()
  const chain = await mineBigChain(bitcoind, CHAIN_BYTES, { small: true })
  const hashes = chain.hashes.slice(chain.firstFull - 1)
  const seconds: Record<string, number> = await secondsOf({
    'download-small-v1': () => downloadByNode(bitcoind, chain, 'v1'),
    'download-small-v2': () => downloadByNode(bitcoind, chain, 'v2'),
    'hashing-socket': () => downloadPlainly(bitcoind.p2pPort, hashes, hashUnavoidably),
  })
  const rate = (name: string): number => chain.bytes / 1e6 / seconds[name]!
  for (const name of ['download-small-v1', 'download-small-v2'])
    emit(
      figure({
        name,
        unit: 'MB/s',
        better: 'higher',
        ours: rate(name),
        reference: rate('hashing-socket'),
        referenceName: 'hashing-socket',
      }),
    )
}

export default bench
