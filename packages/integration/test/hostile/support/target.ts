import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createNode, createTcpListener, type NodeDialer } from '@sapwood/node'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import {
  asHash256,
  BASIC_FILTER_TYPE,
  buildCompactBlock,
  encodePayload,
  InventoryType,
  regtest,
  Services,
} from '@sapwood/wire-codec'
import { regtestFilterServices } from '../../../src/regtest/regtest-filters.ts'
import { regtestServices } from '../../../src/regtest/regtest-services.ts'
import type { TargetTraits } from './attack.ts'
import { answer, tell } from './child-side.ts'
import { HONEST_HEIGHT, honestChain } from './shared-chain.ts'

// The node that is attacked, in a process of its own. It serves all that a node can serve,
// since each service is one more way in.
const orders = JSON.parse(process.argv[2]!) as { readonly honestPort: number } & TargetTraits

/** Entries of its answer to `mempool`. */
const MEMPOOL_SIZE = 10_000
/** Bytes of a block where blocks are large. */
const LARGE_BLOCK = 3_990_000
/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 2

const chain = honestChain()
// They are built when they are first asked for, all that are below at once: a node has them before.
const filters = regtestFilterServices(() => chain)
filters.compactFilterHeaders({
  filterType: BASIC_FILTER_TYPE,
  startHeight: chain.height,
  stopHash: chain.tip,
})
const mempool = Array.from({ length: MEMPOOL_SIZE }, (_, index) => {
  const hash = new Uint8Array(32)
  new DataView(hash.buffer).setUint32(0, index, true)
  return { type: InventoryType.WTX, hash: asHash256(hash) }
})

/** Hostile peers tell of addresses all over the world: only loopback is ever dialled. */
const tcp = createTcpDialer()
const dialer: NodeDialer = {
  dial: (address, options) =>
    address.network === 'ipv4' && address.bytes[0] === 127
      ? tcp.dial(address, options)
      : Promise.reject(new Error('only loopback is dialled here')),
}

const node = await createNode(
  {
    network: regtest,
    addPeers: [`127.0.0.1:${orders.honestPort}`],
    dnsSeeds: false,
    fixedSeeds: false,
    services:
      Services.NETWORK | Services.WITNESS | Services.P2P_V2 | Services.BLOOM | Services.COMPACT_FILTERS,
  },
  {
    dialer,
    listeners: [createTcpListener()],
    services: {
      ...regtestServices(() => chain, new Map()),
      ...filters,
      ...(orders.largeBlocks === true && { block: () => new Uint8Array(LARGE_BLOCK).fill(1) }),
      mempool: () => mempool,
      compactBlock: (hash) => {
        const block = chain.byHash(hash)?.block
        if (block === undefined) return undefined
        return encodePayload({ type: 'cmpctblock', compactBlock: buildCompactBlock(block, { nonce: 1n }) })
          .payload
      },
    },
  },
)

const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
delay.enable()
let followed = 0
if (orders.unreadEvents === true) {
  // Nobody ever asks these for anything.
  node.events.subscribe()
  node.transactions.subscribe({ scripts: [Uint8Array.of(0x51)] })
}

answer({
  /** The worst delay of the event loop since the last time this was asked, in milliseconds. */
  delay: () => {
    const worst = delay.max / 1e6 - RESOLUTION
    delay.reset()
    return Promise.resolve({ worst: Math.max(0, worst) })
  },
  download: async ({ to }: { readonly to: number }) => {
    const started = performance.now()
    let blocks = 0
    for await (const block of node.blocks.range({ from: 1, to })) blocks += block.height > 0 ? 1 : 0
    return { blocks, milliseconds: performance.now() - started }
  },
  /** Dials hostile peers, as it would dial addresses that it heard of. */
  dial: async ({ addresses }: { readonly addresses: readonly string[] }) => {
    for (const address of addresses) await node.network.addPeer(address, { kind: 'outbound-full-relay' })
    return {}
  },
  /** What the process holds with all garbage gone, and who is connected. */
  look: () => {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    const peers = node.peers()
    return Promise.resolve({
      held: heapUsed + external,
      inbound: peers.filter(({ inbound }) => inbound).length,
      height: node.chain.tip().height,
      followed,
      pool: node.transactions.pool(),
    })
  },
})

await node.chain.waitForHeight(HONEST_HEIGHT, { timeout: 60_000 })
void (async () => {
  for await (const item of node.blocks.follow({ from: HONEST_HEIGHT - 10 })) {
    if (item.type === 'block') followed = item.height
  }
})()
const [port] = node.network.listening().map((text) => Number(text.split(':').at(-1)))
tell('ready', { port })
