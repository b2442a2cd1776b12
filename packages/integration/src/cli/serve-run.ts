import { join } from 'node:path'
import { bytesToHex, hashToHex, regtest, serviceNames } from '@sapwood/wire-codec'
import { createNode, createTcpListener, type NodeHandle, openStore } from '@sapwood/node'
import { type ChainIndex, createChainIndex, openBlockStore, serveChain } from '@sapwood/storage'
import Table from 'cli-table3'
import { findBitcoind } from '../bitcoind/find-bitcoind.ts'
import { mineWithPayments } from '../bitcoind/funded-chain.ts'
import { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { until } from '../bitcoind/until.ts'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime } from '../programs/default-sleep.ts'
import { makeFolder } from '../programs/usable-folder.ts'

/** Longest that one step may take, in milliseconds. */
const STEP_TIMEOUT = 120_000
/** Blocks that a start mines on a chain that was there. */
const MORE_BLOCKS = 10

/** What the run is told. */
export interface ServeRunOptions {
  /** Blocks of a chain that is begun. */
  readonly blocks: number
  /** Where all of it is kept from one start to the next. */
  readonly folder: string
}

/** Where the words of the run go. */
export interface ServeRunOutput {
  /** A table of the result. */
  result(text: string): void
  /** A line about what is going on. */
  note(text: string): void
}

/**
 * A bitcoind, a node of ours that keeps its blocks and builds its filters, and a second bitcoind with an
 * empty folder that does its whole initial download from the node over v2: at the end of it all three have
 * one tip, and every filter is that of the first.
 * @throws IntegrationError `check-failed`, `timeout`, `program-not-found`, `folder-unusable`
 */
export async function serveRun({ blocks, folder }: ServeRunOptions, output: ServeRunOutput): Promise<void> {
  const [chain, state, kept] = ['chain', 'node', 'blocks'].map((name) => join(folder, name))
  await makeFolder(chain!, 'give --data a folder that can be written')
  const program = await findBitcoind({ onProgress: (line) => output.note(line) })
  await using first = await RegtestBitcoind.start({
    program,
    dataFolder: chain!,
    args: ['-blockfilterindex'],
  })
  const before = await first.rpc<number>('getblockcount')
  output.note(before === 0 ? `mining ${blocks} blocks with payments` : `mining ${MORE_BLOCKS} blocks more`)
  if (before === 0) await mineWithPayments(first, blocks)
  else await first.mine(MORE_BLOCKS)
  const tip = await first.rpc<string>('getbestblockhash')
  const height = await first.rpc<number>('getblockcount')

  await using blockStore = await openBlockStore(kept!, { network: regtest })
  await using store = await openStore(state!)
  await using node = await createNode(
    { network: regtest, connect: [first.p2pAddress], dnsSeeds: false, fixedSeeds: false },
    { store, blockStore, listeners: [createTcpListener()] },
  )
  await using index = await createChainIndex(node, { store })
  await using server = serveChain(node, { blockStore, index })
  const resumed = { stored: node.blocks.stored().range?.tip.height ?? 0, indexed: index.tip.height }
  const started = monotonicTime()
  await Promise.all([storedUpTo(node, height), index.waitForHeight(height, { timeout: STEP_TIMEOUT })])
  const seconds = (monotonicTime() - started) / 1000

  await using second = await RegtestBitcoind.start({ program })
  const [address] = node.network.listening()
  const ready = node.events.next('peer-ready', {
    filter: ({ kind }) => kind === 'inbound',
    timeout: STEP_TIMEOUT,
  })
  await second.rpc('addnode', address, 'onetry', true)
  const { peer, protocol } = await ready
  const synced = await second.rpc<{ readonly hash: string }>('waitforblockheight', height, STEP_TIMEOUT)
  if (synced.hash !== tip)
    throw new IntegrationError('check-failed', 'the second bitcoind is at another tip', {
      expected: tip,
      received: synced.hash,
    })
  await until('the filters of bitcoind', STEP_TIMEOUT, () => hasFilters(first, height))
  const filters = await sameFilters(first, index, height)
  const sent = node.peers().find(({ id }) => id === peer)?.sentByMessage['block']
  const { blocks: storedBlocks, bytes } = node.blocks.stored()
  const rows = new Table({ style: { head: [], border: [] } })
  rows.push(
    ['resumed', `blocks after ${resumed.stored}, index after ${resumed.indexed}`],
    ['tip', `${height}, ${tip.slice(0, 16)}…, the same on all three`],
    ['stored', `${storedBlocks} blocks, ${bytes.toLocaleString('en-US')} bytes, in ${seconds.toFixed(1)} s`],
    ['filters', `${filters}, each that of the first bitcoind, and its header`],
    [
      'served',
      `${sent?.messages ?? 0} blocks of ${(sent?.bytes ?? 0).toLocaleString('en-US')} bytes over ${protocol}`,
    ],
    ['offered', serviceNames(server.info().services).join(', ')],
  )
  output.result(`bitcoind, our node, a bitcoind with an empty folder\n${rows.toString()}\n`)
}

async function storedUpTo(node: NodeHandle, height: number): Promise<void> {
  if (node.blocks.stored().range?.tip.height === height) return
  await node.events.next('blocks-stored', {
    filter: ({ range }) => range.tip.height === height,
    timeout: STEP_TIMEOUT,
  })
}

/** It builds them behind its blocks. */
async function hasFilters(bitcoind: RegtestBitcoind, height: number): Promise<boolean> {
  type Indexes = Readonly<Record<string, { readonly best_block_height: number }>>
  const indexes = Object.values(await bitcoind.rpc<Indexes>('getindexinfo', 'basic block filter index'))
  return indexes.some(({ best_block_height: best }) => best >= height)
}

/** @returns how many. @throws IntegrationError `check-failed` where one is another than bitcoind's. */
async function sameFilters(bitcoind: RegtestBitcoind, index: ChainIndex, to: number): Promise<number> {
  for (let height = 0; height <= to; height++) {
    const hash = await bitcoind.rpc<string>('getblockhash', height)
    const theirs = await bitcoind.rpc<{ readonly filter: string; readonly header: string }>(
      'getblockfilter',
      hash,
    )
    const ours = await index.filter(height)
    if (
      ours !== undefined &&
      bytesToHex(ours.filter) === theirs.filter &&
      hashToHex(ours.header) === theirs.header
    )
      continue
    throw new IntegrationError('check-failed', `the filter of block ${height} is another`, {
      expected: theirs.filter,
      received: ours === undefined ? 'none' : bytesToHex(ours.filter),
    })
  }
  return to + 1
}
