import { regtest } from '@sapwood/wire-codec'
import { createNode, type NodeComponents } from '@sapwood/node'
import type { RegtestBitcoind } from '@sapwood/integration'
import { neverFallback, onlyV1 } from '@sapwood/transport-v1v2'
import type { BigChain } from './big-chain.ts'

/**
 * Our node, on one connection: every block of full size checked and taken by the program. @returns seconds.
 */
export async function downloadByNode(
  bitcoind: RegtestBitcoind,
  chain: BigChain,
  protocol: 'v1' | 'v2',
  components: NodeComponents = {},
): Promise<number> {
  await using node = await createNode(
    {
      network: regtest,
      connect: [bitcoind.p2pAddress],
      dnsSeeds: false,
      fixedSeeds: false,
      fallback: protocol === 'v1' ? onlyV1 : neverFallback,
    },
    components,
  )
  await node.chain.waitForHeight(chain.height)
  const start = performance.now()
  let bytes = 0
  for await (const block of node.blocks.range({ from: chain.firstFull, to: chain.height }))
    bytes += block.size
  if (bytes !== chain.bytes) throw new Error(`${bytes} bytes delivered, ${chain.bytes} mined`)
  return (performance.now() - start) / 1_000
}
