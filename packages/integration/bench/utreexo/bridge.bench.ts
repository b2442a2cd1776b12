import { regtest } from '@sapwood/wire-codec'
import { createMemoryStore, createNode, createTcpListener } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'
import { type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { startBridgeProcess } from './start-bridge-process.ts'
import { proofsPerSecond } from './proofs-per-second.ts'

/** As many blocks as the chain has on which the bridge was held beside that of utreexod. */
const BLOCKS = 1_700
const ROUNDS = 3
/** Nodes that prove the chain one after the other: the first ones' code is not compiled yet. */
const SYNC_ROUNDS = 7
/** Milliseconds: a bench waits as long as it takes. */
const timeout = 600_000

/** Everything over sockets: blocks to the bridge, and proofs from it. */
export default async function bench(emit: Emit): Promise<void> {
  const chain = new RegtestChain({ blocks: BLOCKS, transactions: 5 })
  await using miner = await startRegtestPeer({ chain })
  await using node = await createNode(
    { network: regtest, connect: [miner.address], dnsSeeds: false, fixedSeeds: false },
    { listeners: [createTcpListener()] },
  )
  await node.chain.waitForHeight(BLOCKS, { timeout })
  const synced: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await using store = createMemoryStore()
    const start = process.hrtime.bigint()
    await using bridge = await createUtreexoBridge(node, { store })
    await bridge.waitForHeight(BLOCKS, { timeout })
    synced.push(BLOCKS / secondsSince(start))
  }
  emit(figure({ name: 'bridge-sync', unit: 'blocks/s', better: 'higher', ours: median(synced) }))

  await using store = createMemoryStore()
  await using bridge = await createUtreexoBridge(node, { store })
  await bridge.waitForHeight(BLOCKS, { timeout })
  const served = await proofsPerSecond(chain, Number(node.network.listening()[0]!.split(':').at(-1)))
  emit(figure({ name: 'bridge-serve', unit: 'proofs/s', better: 'higher', ours: served }))
  await benchSync(emit)
}

/** A node without coins, from nothing to the tip, of a bridge in a process of its own. */
async function benchSync(emit: Emit): Promise<void> {
  const bridge = await startBridgeProcess([String(BLOCKS)])
  try {
    const [byTime, byWork]: [number[], number[]] = [[], []]
    for (let round = 0; round < SYNC_ROUNDS; round++) {
      const start = process.hrtime.bigint()
      const before = process.cpuUsage()
      await using node = await createNode({
        network: regtest,
        connect: [`127.0.0.1:${bridge.port}`],
        dnsSeeds: false,
        fixedSeeds: false,
        utreexo: true,
      })
      await node.events.next('block-proved', { filter: ({ block }) => block.height === BLOCKS, timeout })
      const { user, system } = process.cpuUsage(before)
      byTime.push(BLOCKS / secondsSince(start))
      byWork.push(BLOCKS / ((user + system) / 1e6))
    }
    emit(figure({ name: 'regtest-sync', unit: 'blocks/s', better: 'higher', ours: median(byTime) }))
    emit(figure({ name: 'regtest-sync-cpu', unit: 'blocks/CPU s', better: 'higher', ours: median(byWork) }))
  } finally {
    bridge.stop()
  }
}

const secondsSince = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e9
