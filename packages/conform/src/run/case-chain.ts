import { type RegtestBlock, RegtestChain, spendCoinbase } from '@sapwood/integration'
import { reply, type TestPeer } from '@sapwood/integration/test-peer'
import {
  asBlockHash,
  blockHash,
  encodeBlock,
  InventoryType,
  regtest,
  type Transaction,
} from '@sapwood/wire-codec'

/** Blocks that a target's chain has at the least; `headers` has 2,000 entries at the most. */
const BLOCKS = 2_050
/** Coins that have to be there: each case that pays takes one. */
const COINS = 40
/** Seconds between two blocks: so many runs on one target stay within the two hours that Core allows. */
const SPACING = 1
/**
 * Seconds that the chain's first block lies back. Core fetches blocks and gives compact ones only where its
 * tip is no older than 200 minutes (`CanDirectFetch`).
 */
const AGE = 7_200
/** Blocks that are asked for at once; Core has 16 under way with a peer. */
const AT_ONCE = 16
const COINBASE_MATURITY = 100
/** Milliseconds between two looks at whether a target has taken a block. */
const LOOK_INTERVAL = 20
/** Milliseconds that a target which fetches blocks may do nothing visible before it is given up. */
const PATIENCE = 15_000

/** Makes the chain of the suite. @param now seconds since 1970. */
export function suiteChain(now: number, blocks: number = BLOCKS): RegtestChain {
  return new RegtestChain({ blocks, startTime: now - AGE, spacing: SPACING, name: 'conform' })
}

/** The target's chain, as we know it, and coins of it that nobody has spent. */
export interface TargetChain {
  readonly chain: RegtestChain
  /** Whether it gives the blocks that it has taken: its tip alone may be that of its headers. */
  readonly gives: boolean
  /** A transaction that spends a coin which no other call has spent. */
  payment(): Transaction
}

/**
 * Brings target and suite to one chain: where the target has none it is given ours; where it has one, blocks
 * are mined on it until it is as long, and there are coins that it cannot have seen spent.
 * @throws WireAssertionError where it does not take what it is given.
 */
export async function shareChain(peer: TestPeer, now: number): Promise<TargetChain> {
  const theirs = await chainOf(peer)
  const chain = theirs.length === 0 ? suiteChain(now) : continued(theirs)
  const known = theirs.length
  if (known > 0) chain.mine(Math.max(COINS + 1, BLOCKS - known))
  let mature = matured(chain, known)
  while (mature.length < COINS) {
    chain.mine(COINS)
    mature = matured(chain, known)
  }
  await give(peer, chain, known)
  const gives = await givesTipInTheEnd(peer, chain)
  return { chain, gives, payment: () => spendCoinbase(chain, mature.shift()!) }
}

/** Heights of our coinbases that could not be spent before the block after `known`. */
function matured(chain: RegtestChain, known: number): number[] {
  const heights: number[] = []
  const first = Math.max(1, known + 1 - COINBASE_MATURITY + 1)
  for (let height = known === 0 ? 1 : first; height <= chain.height + 1 - COINBASE_MATURITY; height++) {
    if (isOurs(chain.at(height)!)) heights.push(height)
  }
  return heights
}

/** Whether anybody may spend its coinbase: the script of the chains of `RegtestChain`. */
function isOurs({ block }: RegtestBlock): boolean {
  const script = block.transactions[0]?.outputs[0]?.scriptPubKey
  return script?.length === 34 && script[0] === 0 && block.transactions[0]!.outputs.length === 2
}

function continued(blocks: readonly RegtestBlock[]): RegtestChain {
  const tip = blocks.at(-1)!.block.header.time
  return new RegtestChain(
    { startTime: tip + SPACING - blocks.length * SPACING, spacing: SPACING, name: 'conform' },
    blocks,
  )
}

/** All blocks that the target has, from height 1 on. */
async function chainOf(peer: TestPeer): Promise<RegtestBlock[]> {
  const blocks: RegtestBlock[] = []
  let tip = regtest.genesisHash
  for (;;) {
    await peer.sync()
    const before = peer.count('headers')
    await peer.send({
      type: 'getheaders',
      version: 70_016,
      locator: [tip],
      stopHash: asBlockHash(new Uint8Array(32)),
    })
    await peer.sync()
    const answer = peer.count('headers') > before ? peer.last('headers')! : undefined
    if (answer === undefined || answer.headers.length === 0) return blocks
    const hashes = answer.headers.map(blockHash)
    for (let from = 0; from < hashes.length; from += AT_ONCE) {
      const inventory = hashes
        .slice(from, from + AT_ONCE)
        .map((hash) => ({ type: InventoryType.WITNESS_BLOCK, hash }))
      await peer.send({ type: 'getdata', inventory: inventory })
      for (let left = inventory.length; left > 0; left--) {
        const { block } = await peer.expect('block')
        const height = blocks.length + 1
        blocks.push({ height, hash: blockHash(block.header), block, bytes: encodeBlock(block) })
      }
    }
    tip = blocks.at(-1)!.hash
  }
}

/** Hands over the blocks above a height, in the way that the target asks for them. */
async function give(peer: TestPeer, chain: RegtestChain, known: number): Promise<void> {
  peer.on('getheaders', reply.headers(chain)).on('getdata', reply.blocks(chain))
  const headers = chain.headers.slice(known)
  for (let from = 0; from < headers.length; from += 2_000) {
    await peer.send({ type: 'headers', headers: headers.slice(from, from + 2_000) })
  }
  await peer.sync()
  await reaches(peer, chain)
}

/** Waits until the target's best chain is ours. @throws WireAssertionError */
async function reaches(peer: TestPeer, chain: RegtestChain): Promise<void> {
  let pushed = false
  for (let served = -1; ; ) {
    if (await hasTip(peer, chain)) return
    const now = peer.count('getdata')
    if (now === served && !pushed) {
      // It asks for nothing: it is told all.
      pushed = true
      for (const { block } of blocksOf(chain)) await peer.send({ type: 'block', block })
    } else if (now === served) throw peer.failure('the target to take the chain of the suite', 'another tip')
    served = now
    await peer.sync()
  }
}

/** Whether a block is the tip of the target's best chain. */
export async function hasTip(peer: TestPeer, chain: RegtestChain): Promise<boolean> {
  const locator = [chain.at(chain.height - 1)?.hash ?? regtest.genesisHash]
  const before = peer.count('headers')
  await peer.send({ type: 'getheaders', version: 70_016, locator, stopHash: asBlockHash(new Uint8Array(32)) })
  await peer.sync()
  const headers = peer.count('headers') > before ? peer.last('headers')!.headers : []
  return headers.length > 0 && chain.heightOf(blockHash(headers.at(-1)!)) === chain.height
}

/**
 * Waits for who has been asked for blocks to give the last of them, as long as it goes on fetching: it may
 * answer for headers before it has their blocks.
 */
async function givesTipInTheEnd(peer: TestPeer, chain: RegtestChain): Promise<boolean> {
  let [fetched, deadline] = [0, 0]
  for (;;) {
    if (await givesTip(peer, chain)) return true
    const now = peer.count('getdata')
    if (now === 0) return false
    if (now > fetched) [fetched, deadline] = [now, peer.clock.now() + PATIENCE]
    if (peer.clock.now() > deadline) return false
    await pause(peer)
  }
}

/** Whether the block at the tip of our chain can be fetched of the target. */
export async function givesTip(peer: TestPeer, chain: RegtestChain): Promise<boolean> {
  const before = peer.count('block')
  await peer.send({ type: 'getdata', inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: chain.tip }] })
  await peer.sync()
  return peer.count('block') > before
}

/** Time for the target to do something, before it is looked at again. */
export async function pause(peer: TestPeer): Promise<void> {
  await new Promise<void>((resolve) => peer.clock.setTimer(LOOK_INTERVAL, resolve))
}

function blocksOf(chain: RegtestChain): readonly RegtestBlock[] {
  return Array.from({ length: chain.height }, (_, index) => chain.at(index + 1)!)
}
