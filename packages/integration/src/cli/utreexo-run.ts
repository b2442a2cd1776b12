import { bytesToHex, regtest, type UtreexoProof } from '@sapwood/wire-codec'
import { createNode, type NodeEventOf, type NodeHandle } from '@sapwood/node'
import type { UtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import Table from 'cli-table3'
import { findBitcoind } from '../bitcoind/find-bitcoind.ts'
import { mineMorePayments, mineWithPayments } from '../bitcoind/funded-chain.ts'
import { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime } from '../programs/default-sleep.ts'
import { startUtreexoBridge } from '../utreexo/start-utreexo-bridge.ts'

/** Longest that one step may take, in milliseconds. */
const STEP_TIMEOUT = MINUTE
/** How far the reorg goes back, and how far its other branch goes on. */
const REORG_DEPTH = 10
const REORG_LENGTH = 12

/** Where the words of the run go. */
export interface UtreexoRunOutput {
  result(text: string): void
  note(text: string): void
}

/**
 * A bitcoind with spends, a bridge on it, and a node that keeps no coins on the bridge: the same roots on
 * both sides, also after a reorg; and a bridge that lies, which is found out.
 * @throws IntegrationError `check-failed`, `program-not-found`
 */
export async function utreexoRun(blocks: number, output: UtreexoRunOutput): Promise<void> {
  await using bitcoind = await RegtestBitcoind.start({
    program: await findBitcoind({ onProgress: (line) => output.note(line) }),
  })
  output.note(`mining ${blocks} blocks with payments`)
  await mineWithPayments(bitcoind, blocks)
  await using honest = await startUtreexoBridge({ bitcoind })

  await using follower = await createNode({ ...ALONE, utreexo: true })
  const started = monotonicTime()
  const { peer } = await follower.network.connectPeer(honest.address, { kind: 'outbound-full-relay' })
  await provedUpTo(follower, blocks)
  const rate = blocks / ((monotonicTime() - started) / 1000)
  output.result(table(`${blocks} blocks, proved without any coins`, follower, honest.bridge, { rate }))

  const back = await bitcoind.rpc<string>('getblockhash', blocks + 1 - REORG_DEPTH)
  const reorg = follower.events.next('tip-changed', {
    filter: ({ change }) => change.disconnected.length > 0,
    timeout: STEP_TIMEOUT,
  })
  await bitcoind.rpc('invalidateblock', back)
  await mineMorePayments(bitcoind, REORG_LENGTH)
  const { change } = await reorg
  await provedUpTo(follower, blocks - REORG_DEPTH + REORG_LENGTH)
  output.result(table(`a reorg: ${change.disconnected.length} blocks taken back`, follower, honest.bridge))
  const spoken = follower.peers().find(({ id }) => id === peer)?.transport

  await using liar = await startUtreexoBridge({ bitcoind, bend: lie })
  await using deceived = await createNode({ ...ALONE, utreexo: true })
  const found: Promise<NodeEventOf<'proof-invalid'>> = deceived.events.next('proof-invalid', {
    timeout: STEP_TIMEOUT,
  })
  const lying = await deceived.network.connectPeer(liar.address, { kind: 'outbound-full-relay' })
  const { rule, block } = await found
  const gone = deceived.events.next('peer-disconnected', {
    filter: (event) => event.peer === lying.peer,
    timeout: STEP_TIMEOUT,
  })
  await deceived.network.connectPeer(honest.address, { kind: 'outbound-full-relay' })
  await provedUpTo(deceived, follower.chain.tip().height)
  await gone
  output.result(
    table(
      `a bridge that lies: block ${block.height}, ${rule}; let go, and proved by another`,
      deceived,
      honest.bridge,
    ),
  )
  output.note(`the follower speaks ${spoken ?? 'with nobody'}`)
}

const ALONE = { network: regtest, dnsSeeds: false, fixedSeeds: false } as const

/** A bit of every hash is changed, and the amount of every leaf. */
function lie(proof: UtreexoProof): UtreexoProof {
  const proofHashes = proof.proofHashes.map((hash) => hash.map((byte, at) => (at === 0 ? byte ^ 1 : byte)))
  const leafData = proof.leafData.map((leaf) => ({ ...leaf, amount: leaf.amount + 1n }))
  return { ...proof, proofHashes, leafData }
}

async function provedUpTo(node: NodeHandle, height: number): Promise<void> {
  if (node.utreexo.state()?.height === height) return
  await node.events.next('block-proved', {
    filter: ({ block }) => block.height === height,
    timeout: STEP_TIMEOUT,
  })
}

/**
 * Where both stand, as a table. @throws IntegrationError `check-failed` where that is not at the same roots.
 */
function table(
  title: string,
  node: NodeHandle,
  bridge: UtreexoBridge,
  { rate }: { readonly rate?: number } = {},
): string {
  const state = node.utreexo.state()!
  const stump = bridge.stump()
  const proofs = node.peers().map(({ receivedByMessage }) => receivedByMessage['uproof'])
  const sum = (of: 'messages' | 'bytes'): number =>
    proofs.reduce((total, count) => total + (count?.[of] ?? 0), 0)
  const mine = roots(state.roots)
  const theirs = roots(stump.roots)
  if (mine !== theirs || state.leaves !== stump.leaves)
    throw new IntegrationError('check-failed', `${title}: other roots than the bridge`, {
      expected: theirs,
      received: mine,
    })
  const rows = new Table({ style: { head: [], border: [] }, colWidths: [16, 84], wordWrap: true })
  rows.push(
    ['height', String(state.height)],
    [
      'leaves',
      `${state.leaves} ever added, ${bridge.info().liveLeaves} of them unspent (which this side does not keep)`,
    ],
    ['roots', mine],
    ['roots, bridge', 'the same'],
    ['proofs', `${sum('messages')} of ${sum('bytes').toLocaleString('en-US')} bytes`],
    ...(rate === undefined
      ? []
      : [['speed', `${Math.round(rate)} blocks proved a second, connecting included`]]),
  )
  return `${title}\n${rows.toString()}\n`
}

function roots(all: readonly Uint8Array[]): string {
  return all.map((root) => bytesToHex(root).slice(0, 16)).join(' ')
}
