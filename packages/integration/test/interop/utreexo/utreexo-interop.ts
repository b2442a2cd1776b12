import { bytesToHex } from '@sapwood/wire-codec'
import type { NodeHandle } from '@sapwood/node'
import { FaultyRelay, startUtreexoBridge } from '../../../src/index.ts'
import { until } from '../../../src/bitcoind/until.ts'
import { sleep } from '../../../src/programs/default-sleep.ts'
import type { Program } from '../../../src/programs/find-program.ts'
import { startNode } from '../../end-to-end/start-node.ts'
import { startFlorestad } from './florestad.ts'
import type { ForeignNode } from '../foreign-node.ts'
import type { InteropCase, InteropOptions } from '../run-cases.ts'
import { mineMore, reorganise, startSpendingChain } from './spending-chain.ts'
import type { ToldState } from './told-state.ts'
import { startUtreexod } from './utreexod.ts'

/** Milliseconds that a side has to come to a height. */
const STEP_TIMEOUT = 120_000

/**
 * Milliseconds for which florestad drops every `inv` after one that it has read (its INV_MESSAGE_INTERVAL,
 * and a second).
 */
const FLORESTAD_INV_INTERVAL = 31_000

const UTREEXOD = { name: 'utreexod', variable: 'UTREEXOD' }
const FLORESTAD = { name: 'florestad', variable: 'FLORESTAD' }

/** Our Utreexo software against that of others. */
export const utreexoCases: readonly InteropCase[] = [true, false].flatMap((v2) => {
  const transport = v2 ? 'v2' : 'v1'
  return [
    {
      name: `utreexod, a bridge for our node, ${transport}`,
      program: UTREEXOD,
      run: (program, options) => bridgeOfOthers(program, v2, options),
    },
    {
      name: `utreexod without coins, a client of our bridge, ${transport}`,
      program: UTREEXOD,
      run: (program, options) =>
        clientOfOurs({ v2, survivesReorgs: false, announcementsApart: 0 }, (connect) =>
          startUtreexod({ program, role: 'client', connect, v2, keep: options.keep }),
        ),
    },
    {
      name: `florestad, a client of our bridge, ${transport}`,
      program: FLORESTAD,
      run: (program, options) =>
        clientOfOurs({ v2, survivesReorgs: true, announcementsApart: FLORESTAD_INV_INTERVAL }, (connect) =>
          startFlorestad({ program, connect, keep: options.keep }),
        ),
    },
  ] satisfies InteropCase[]
})

/** utreexod proves the chain to our node, also what is mined and reorganised meanwhile. */
async function bridgeOfOthers(program: Program, v2: boolean, { keep }: InteropOptions): Promise<string> {
  await using bitcoind = await startSpendingChain()
  const height = await bitcoind.rpc<number>('getblockcount')
  await using bridge = await startUtreexod({
    program,
    role: 'bridge',
    connect: bitcoind.p2pHostAndPort,
    v2,
    keep,
  })
  await bridge.waitForHeight(height, STEP_TIMEOUT)
  await using node = await startNode({ connect: [bridge.hostAndPort], utreexo: true })
  const faults = countFaults(node)
  await provedUpTo(node, height)
  same(node.utreexo.state()!, await bridge.state())
  const more = await mineMore(bitcoind)
  await provedUpTo(node, more)
  same(node.utreexo.state()!, await bridge.state())
  const other = await reorganise(bitcoind)
  await provedUpTo(node, other)
  same(node.utreexo.state()!, await bridge.state())
  const [peer] = node.peers()
  if (peer?.transport !== (v2 ? 'v2' : 'v1')) throw new Error(`spoken: ${String(peer?.transport)}`)
  if (faults() > 0) throw new Error(`${faults()} proofs of it were refused`)
  const proofs = peer.receivedByMessage['uproof']
  return `${height} blocks, ${more - height} more, a reorg to ${other}; ${proofs?.messages ?? 0} proofs of ${proofs?.bytes ?? 0} bytes`
}

interface ClientFacts {
  readonly v2: boolean
  /** One that is known to stand still after a reorg is not asked to follow one. */
  readonly survivesReorgs: boolean
  /** Milliseconds between two announcements that it hears, 0 where it hears all of them. */
  readonly announcementsApart: number
}

/** Our bridge makes the proofs, and another's node keeps up with the chain by them. */
async function clientOfOurs(
  { v2, survivesReorgs, announcementsApart }: ClientFacts,
  start: (connect: string) => Promise<ForeignNode<ToldState>>,
): Promise<string> {
  await using bitcoind = await startSpendingChain()
  await using running = await startUtreexoBridge({ bitcoind })
  const { bridge, node } = running
  await using relay = await FaultyRelay.start(running.port, { faults: { v1First: true } })
  await using client = await start(v2 ? running.hostAndPort : relay.hostAndPort)
  /** Both sides at the tip of the chain. @returns its height. */
  const follow = async (): Promise<number> => {
    const height = await bitcoind.rpc<number>('getblockcount')
    await bridge.waitForHeight(height)
    const state = await client.waitForHeight(height, STEP_TIMEOUT)
    same(bridge.stump(), state)
    return height
  }
  /** The same after several blocks at once, of which it may have heard nothing, or the first one alone. */
  const catchUp = async (): Promise<number> => {
    if (announcementsApart > 0) {
      await sleep(announcementsApart)
      await bitcoind.mine(1)
    }
    return await follow()
  }
  const height = await follow()
  const spoken = node.peers().filter(({ inbound }) => inbound)
  if (!spoken.some(({ transport }) => transport === (v2 ? 'v2' : 'v1')))
    throw new Error(`spoken: ${spoken.map(({ transport }) => transport).join(', ')}`)
  await mineMore(bitcoind)
  const more = await catchUp()
  let reorg = ''
  if (survivesReorgs) {
    await reorganise(bitcoind)
    reorg = `, a reorg to ${await catchUp()}`
  }
  const { proofsServed, bytesServed } = bridge.info()
  return `${height} blocks, ${more - height} more${reorg}; ${proofsServed} proofs of ${bytesServed} bytes served`
}

/** @throws Error where the roots of ours and of theirs differ. */
function same(ours: { readonly roots: readonly Uint8Array[] }, theirs: ToldState): void {
  const mine = ours.roots.map(bytesToHex).join(' ')
  const other = theirs.roots.map((root) => (root === 'empty' ? '00'.repeat(32) : root)).join(' ')
  if (mine !== other) throw new Error(`other roots at ${theirs.height}:\n  ours   ${mine}\n  theirs ${other}`)
}

async function provedUpTo(node: NodeHandle, height: number): Promise<void> {
  await until(`our node to have proved ${height}`, STEP_TIMEOUT, () =>
    Promise.resolve(node.utreexo.state()?.height === height),
  )
}

function countFaults(node: NodeHandle): () => number {
  let count = 0
  for (const name of ['proof-invalid', 'proof-late', 'utreexo-suspected'] as const)
    node.events.on(name, () => count++)
  return () => count
}
