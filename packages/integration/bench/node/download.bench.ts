import { regtest } from '@sapwood/wire-codec'
import { createNode } from '@sapwood/node'
import { RegtestBitcoind } from '@sapwood/integration'
import { neverFallback, onlyV1 } from '@sapwood/transport-v1v2'
import { type Bench, figure, median } from '../../../../tools/bench/measure.ts'
import { type BigChain, mineBigChain } from './big-chain.ts'
import { downloadPlainly, hashUnavoidably } from './plain-sockets.ts'

const CHAIN_BYTES = Number(process.env['SAPWOOD_BENCH_CHAIN_MB'] ?? 300) * 1e6
const ROUNDS = 3

/** Our node, on one connection: every block of full size checked and taken by the program. @returns seconds. */
async function downloadByNode(
  bitcoind: RegtestBitcoind,
  chain: BigChain,
  protocol: 'v1' | 'v2',
): Promise<number> {
  await using node = await createNode({
    network: regtest,
    connect: [bitcoind.p2pAddress],
    dnsSeeds: false,
    fixedSeeds: false,
    fallback: protocol === 'v1' ? onlyV1 : neverFallback,
  })
  await node.chain.waitForHeight(chain.height)
  const start = performance.now()
  let bytes = 0
  for await (const block of node.blocks.range({ from: chain.firstFull, to: chain.height }))
    bytes += block.size
  if (bytes !== chain.bytes) throw new Error(`${bytes} bytes delivered, ${chain.bytes} mined`)
  return (performance.now() - start) / 1_000
}

const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start()
  const chain = await mineBigChain(bitcoind, CHAIN_BYTES)
  const hashes = chain.hashes.slice(chain.firstFull - 1)
  const contenders = {
    'download-v1': () => downloadByNode(bitcoind, chain, 'v1'),
    'download-v2': () => downloadByNode(bitcoind, chain, 'v2'),
    'bare-socket': () => downloadPlainly(bitcoind.p2pPort, hashes, () => undefined),
    'hashing-socket': () => downloadPlainly(bitcoind.p2pPort, hashes, hashUnavoidably),
  }
  const seconds: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contenders)) (seconds[name] ??= []).push(await run())
  }
  const rate = (name: string): number => chain.bytes / 1e6 / median(seconds[name]!)
  for (const name of ['download-v1', 'download-v2']) {
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
