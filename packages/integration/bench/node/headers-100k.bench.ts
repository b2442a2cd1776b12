import { bytesToHex, regtest } from '@sapwood/wire-codec'
import { createNode } from '@sapwood/node'
import type { RegtestBitcoind } from '@sapwood/integration'
import { onlyV1 } from '@sapwood/transport-v1v2'
import { type Bench, figure, median } from '../../../../tools/bench/measure.ts'
import { headersByBcoin } from './bcoin.ts'
import { startHeaderChain } from './header-chain.ts'

const HEADERS = 100_000
const ROUNDS = 3

/** @returns seconds, from the dial to the last header in the chain. */
async function headersByNode(bitcoind: RegtestBitcoind): Promise<number> {
  const start = performance.now()
  await using node = await createNode({
    network: regtest,
    connect: [bitcoind.p2pAddress],
    dnsSeeds: false,
    fixedSeeds: false,
    fallback: onlyV1,
  })
  await node.chain.waitForHeight(HEADERS)
  return (performance.now() - start) / 1_000
}

const bench: Bench = async (emit) => {
  await using bitcoind = await startHeaderChain(HEADERS)
  const genesis = bytesToHex(regtest.genesisHash)
  const contenders = {
    ours: () => headersByNode(bitcoind),
    "bcoin's Peer and header.verify()": () => headersByBcoin(bitcoind.p2pPort, genesis, HEADERS),
  }
  const seconds: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contenders)) (seconds[name] ??= []).push(await run())
  }
  for (const referenceName of Object.keys(contenders).slice(1)) {
    emit(
      figure({
        name: 'headers-100k',
        unit: '1/s',
        better: 'higher',
        ours: HEADERS / median(seconds['ours']!),
        reference: HEADERS / median(seconds[referenceName]!),
        referenceName,
      }),
    )
  }
}

export default bench
