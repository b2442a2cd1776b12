import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createNode, type NodeHandle, openStore } from '@sapwood/node'
import { neverFallback, onlyV1 } from '@sapwood/transport-v1v2'
import { regtest } from '@sapwood/wire-codec'
import { type BigChain, mineBigChain } from '../../bench/node/big-chain.ts'
import { RegtestBitcoind } from '../../src/index.ts'
import { activeResources, Holdings } from './holdings.ts'

const USAGE = `Usage: npm run soak -- [options]

Nodes at full speed beside a real bitcoind: one that stays, fetches the whole chain each turn, and follows a tip that is mined,
taken back and mined again; and one that is made anew each turn, with its store on disk, over v1 and v2 in turn. Prints what the
process holds after each tenth turn, and fails when that grows or when anything is left open at the end.

Options:
  --minutes N      how long (default 20)
  --chain-mb N     size of the chain (default 60)
  -h, --help       print this`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    'chain-mb': { type: 'string', default: '60' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

/** Fetches every full block. @returns bytes. */
async function fetchAll(node: NodeHandle, chain: BigChain): Promise<number> {
  let bytes = 0
  for await (const block of node.blocks.range({ from: chain.firstFull, to: chain.height }))
    bytes += block.size
  if (bytes !== chain.bytes) throw new Error(`${bytes} bytes delivered, ${chain.bytes} mined`)
  return bytes
}

/** Mines two blocks in the place of the tip: each node that follows sees one reorg. */
async function reorganize(bitcoind: RegtestBitcoind, node: NodeHandle, turn: number): Promise<void> {
  await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getbestblockhash'))
  // A script of its own for each turn: the block that was taken back must not be mined again.
  const script = `04${turn.toString(16).padStart(8, '0')}`
  await bitcoind.rpc('generatetodescriptor', 2, `raw(${script})`)
  await node.chain.waitForHeight(await bitcoind.rpc<number>('getblockcount'), { timeout: 120_000 })
}

async function soak(): Promise<boolean> {
  const end = performance.now() + Number(values.minutes) * 60_000
  const opened = activeResources().length
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-soak-'))
  const holdings = new Holdings()
  let bytes = 0
  let turns = 0
  {
    await using bitcoind = await RegtestBitcoind.start()
    const chain = await mineBigChain(bitcoind, Number(values['chain-mb']) * 1e6)
    const options = {
      network: regtest,
      connect: [bitcoind.p2pAddress],
      dnsSeeds: false,
      fixedSeeds: false,
    } as const
    await using lasting = await createNode({ ...options, fallback: neverFallback })
    await bitcoind.mine(1)
    const started = performance.now()
    for (; performance.now() < end; turns++) {
      await using store = await openStore(join(folder, `node-${turns % 4}`))
      const fallback = turns % 2 === 0 ? onlyV1 : neverFallback
      await using passing = await createNode({ ...options, fallback }, { store })
      await passing.chain.waitForHeight(chain.height, { timeout: 120_000 })
      for (const fetched of await Promise.all([fetchAll(lasting, chain), fetchAll(passing, chain)])) {
        bytes += fetched
      }
      await reorganize(bitcoind, lasting, turns)
      await passing.stop()
      await store[Symbol.asyncDispose]()
      holdings.take()
      if (turns % 10 !== 9) continue
      const rate = bytes / 1e6 / ((performance.now() - started) / 1_000)
      console.log(`turn ${turns + 1}: ${rate.toFixed(0)} MB/s, ${holdings.latest()}`)
    }
  }
  await rm(folder, { recursive: true, force: true })
  const left = activeResources().slice(opened)
  console.log(`${turns} turns, ${(bytes / 1e9).toFixed(1)} GB of blocks`)
  console.log(holdings.summary())
  console.log(left.length === 0 ? 'nothing left open' : `left open: ${left.join(', ')}`)
  return holdings.flat && left.length === 0
}

if (values.help) console.log(USAGE)
else if (!(await soak())) process.exitCode = 1
