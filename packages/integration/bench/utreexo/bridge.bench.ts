import { regtest, type UtreexoProofRequest } from '@sapwood/wire-codec'
import { createMemoryStore, createNode, createTcpListener } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Emit, figure, median } from '../../../../tools/bench/measure.ts'

/** As many blocks as the chain has on which the bridge was held beside that of utreexod. */
const BLOCKS = 1_700
const ROUNDS = 3
/** Milliseconds: a bench waits as long as it takes. */
const timeout = 600_000

const EMPTY = new Uint8Array(0)
const whole = { withTargets: true, withProofHashes: true, withLeafData: true }

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
  const requests = Array.from({ length: BLOCKS }, (_, index): UtreexoProofRequest => {
    const blockHash = chain.at(index + 1)!.hash
    return { blockHash, ...whole, proofBitmap: EMPTY, leafBitmap: EMPTY }
  })
  const port = Number(node.network.listening()[0]!.split(':').at(-1))
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port } as const
  const transport = await connect(address, { dialer: createTcpDialer(), network: regtest })
  await using peer = createPeer(transport, { network: regtest, kind: 'manual', address })
  await peer.handshake
  const served: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    // As many at once as a node without coins has outstanding at most, of those that wait for answers.
    for (let first = 0; first < BLOCKS; first += 100)
      await Promise.all(
        requests.slice(first, first + 100).map((request) => peer.getUtreexoProof({ request }, { timeout })),
      )
    served.push(BLOCKS / secondsSince(start))
  }
  emit(figure({ name: 'bridge-serve', unit: 'proofs/s', better: 'higher', ours: median(served) }))
  await benchSync(emit)
}

/** A node without coins, from nothing to the tip, of a bridge in a process of its own. */
async function benchSync(emit: Emit): Promise<void> {
  const script = new URL('bridge-process.ts', import.meta.url).pathname
  const command = ['--import', 'tsx', '--conditions=@sapwood/source', script, String(BLOCKS)]
  const bridge = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(createInterface(bridge.stdout), 'line')) as [string]
    const [byTime, byWork]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      const start = process.hrtime.bigint()
      const before = process.cpuUsage()
      await using node = await createNode({
        network: regtest,
        connect: [`127.0.0.1:${port}`],
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
    bridge.kill()
  }
}

const secondsSince = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e9
