import {
  bytesToHex,
  checkWitnessCommitment,
  formatPeerAddress,
  hashToHex,
  type NetworkAddress,
  regtest,
  serviceNames,
} from '@sapwood/wire-codec'
import { createNode, type KeyValueStore, type NodeHandle } from '@sapwood/node'
import type { PeerInfo } from '@sapwood/peer'
import type { Dialer } from '@sapwood/transport-v1v2'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime } from '../programs/default-sleep.ts'

/** Longest that a run may go without getting any further, in milliseconds. */
const STEP_TIMEOUT = MINUTE

/** Somebody to follow the chain of, and what is known of that from its own side. */
export interface SyncTarget {
  readonly address: NetworkAddress
  /** Height and hash of its tip. */
  readonly height: number
  readonly tip: string
  /** The session id of our connection as the other side has it, in hex; empty where it has none (v1). */
  sessionId(): Promise<string>
}

export interface SyncRunOptions {
  readonly title: string
  readonly target: SyncTarget
  /** The transport that the connection has to end up with. */
  readonly expected: 'v1' | 'v2'
  readonly dialer: Dialer
  /** What the node keeps from one start to the next; nothing by default. */
  readonly store?: KeyValueStore
  /** Where that is, for the report. */
  readonly storeFolder?: string
}

/** Told how far a run has come. */
export interface SyncProgress {
  begin(title: string, blocks: number): void
  update(headers: number, blocks: number): void
  end(): void
}

/** What a run saw. */
export interface SyncReport {
  readonly title: string
  readonly address: string
  readonly peer: PeerInfo
  readonly serviceNames: readonly string[]
  /** Whether the session id is the same on both sides; undefined on v1. */
  readonly sameSession: boolean | undefined
  readonly height: number
  readonly tip: string
  /** Headers that were asked for and checked now. */
  readonly headers: number
  /** Height that the store had at the start; 0 without one. */
  readonly resumedAt: number
  readonly storeFolder: string | undefined
  readonly blocks: number
  readonly transactions: number
  readonly witnessBlocks: number
  readonly milliseconds: number
}

/**
 * Connects a node to the target, follows its headers and all its blocks, and holds what it saw against what
 * the target says.
 * @throws IntegrationError `check-failed` when they differ; NodeError and others as they come.
 */
export async function syncRun(options: SyncRunOptions, progress: SyncProgress): Promise<SyncReport> {
  const { title, target, dialer } = options
  const started = monotonicTime()
  const node = await createNode(
    { network: regtest, connect: [target.address], dnsSeeds: false, fixedSeeds: false },
    { dialer, ...(options.store !== undefined && { store: options.store }) },
  )
  const resumedAt = node.chain.tip().height
  try {
    progress.begin(title, target.height)
    const stopHeaders = node.events.on('headers-progress', ({ tip }) => progress.update(tip.height, 0))
    await node.events.next('peer-ready', { timeout: STEP_TIMEOUT })
    await node.chain.waitForHeight(target.height, { timeout: STEP_TIMEOUT })
    stopHeaders()
    const counted = await followBlocks(node, target.height, progress)
    const peer = node.peers()[0]
    if (peer === undefined) throw new IntegrationError('check-failed', 'the connection has ended too early')
    const sameSession =
      peer.sessionId === undefined ? undefined : peer.sessionId === (await target.sessionId())
    const report: SyncReport = {
      title,
      address: formatPeerAddress(target.address),
      peer,
      serviceNames: serviceNames(peer.services),
      sameSession,
      height: node.chain.tip().height,
      tip: hashToHex(node.chain.tip().hash),
      headers: target.height - resumedAt,
      resumedAt,
      storeFolder: options.storeFolder,
      ...counted,
      milliseconds: monotonicTime() - started,
    }
    check(report, options)
    return report
  } finally {
    progress.end()
    await node.stop()
  }
}

async function followBlocks(
  node: NodeHandle,
  height: number,
  progress: SyncProgress,
): Promise<Pick<SyncReport, 'blocks' | 'transactions' | 'witnessBlocks'>> {
  let [blocks, transactions, witnessBlocks] = [0, 0, 0]
  for await (const { block } of node.blocks.range({ from: 1, to: height })) {
    blocks += 1
    transactions += block.transactions.length
    if (checkWitnessCommitment(block) === 'valid') witnessBlocks += 1
    progress.update(height, blocks)
  }
  return { blocks, transactions, witnessBlocks }
}

function check(report: SyncReport, { target, expected }: SyncRunOptions): void {
  const expect = (what: string, wanted: string, seen: string): void => {
    if (wanted === seen) return
    const message = `${report.title}: ${what} is ${seen}, not ${wanted}`
    throw new IntegrationError('check-failed', message, { expected: wanted, received: seen })
  }
  expect('the transport', expected, report.peer.transport)
  expect('the tip', target.tip, report.tip)
  expect('the number of blocks', String(target.height), String(report.blocks))
  if (expected === 'v2') expect('equality of the session ids', 'true', String(report.sameSession))
}

/** The session id of the only connection that a peer with these infos has, in hex. */
export function onlySession(ids: readonly (string | Uint8Array | undefined)[]): string {
  const [id] = ids
  if (ids.length !== 1 || id === undefined) return ''
  return typeof id === 'string' ? id : bytesToHex(id)
}
