import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { regtest, Services } from '@sapwood/wire-codec'
import { createMemoryStore, createTcpListener, type NodeHandle } from '@sapwood/node'
import { type ChainServer, createChainIndex, openBlockStore, serveChain } from '@sapwood/storage'
import { mineWithPayments, RegtestBitcoind } from '../../../src/index.ts'
import { until } from '../../../src/bitcoind/until.ts'
import { startNode } from '../../end-to-end/start-node.ts'

/** Milliseconds that a side has to come to a height. */
export const STEP_TIMEOUT = 120_000

/** A node of ours that keeps and serves the chain of a bitcoind, whose wallet has coins. */
export interface ServedChain {
  readonly bitcoind: RegtestBitcoind
  readonly node: NodeHandle
  readonly server: ChainServer
  /** Where the node listens. */
  readonly address: string
}

/** Hands a served chain to `act` once everything of it is served, filters included. */
export async function withServedChain<T>(
  blocks: number,
  act: (served: ServedChain) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-interop-'))
  try {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, blocks)
    await using blockStore = await openBlockStore(folder, { network: regtest })
    await using store = createMemoryStore()
    await using node = await startNode(
      { connect: [bitcoind.p2pAddress] },
      { blockStore, listeners: [createTcpListener()] },
    )
    await using index = await createChainIndex(node, { store })
    await using server = serveChain(node, { blockStore, index })
    await index.waitForHeight(blocks, { timeout: STEP_TIMEOUT })
    const all = Services.NETWORK | Services.COMPACT_FILTERS
    await until('our node to serve', STEP_TIMEOUT, () =>
      Promise.resolve((server.info().services & all) === all),
    )
    return await act({ bitcoind, node, server, address: node.network.listening()[0]! })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Leaves the last blocks for a longer branch. @returns its tip. */
export async function reorganise(
  bitcoind: RegtestBitcoind,
  depth: number,
): Promise<{ readonly height: number; readonly hash: string }> {
  const tip = await bitcoind.rpc<number>('getblockcount')
  await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getblockhash', tip + 1 - depth))
  await bitcoind.mine(depth + 2, await bitcoind.rpc<string>('getnewaddress'))
  return await tipOf(bitcoind)
}

export async function tipOf(
  bitcoind: RegtestBitcoind,
): Promise<{ readonly height: number; readonly hash: string }> {
  const hash = await bitcoind.rpc<string>('getbestblockhash')
  return { hash, height: await bitcoind.rpc<number>('getblockcount') }
}
