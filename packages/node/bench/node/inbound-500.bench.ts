import {
  type Block,
  type BlockHash,
  blockHash,
  type BlockHeader,
  bytesToHex,
  type NetworkAddress,
  Services,
} from '@sapwood/wire-codec'
import { createPeer, type Peer, peerId } from '@sapwood/peer'
import { connect, neverFallback, onlyV1 } from '@sapwood/transport-v1v2'
import { unhurriedScheduler } from '@sapwood/transport-v1v2/environment'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Bench, type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { createNode } from '../../src/index.ts'
import { nthAddress } from '../../test/support/addresses.ts'
import { coinbaseAt, mineBlock, mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { createMemoryNetwork } from '../../test/support/memory-network.ts'

const PEERS = 500
/** Who dials together: a node lets no more than 256 strangers wait. */
const AT_ONCE = 100
const HEADERS = 2_000
/** Bytes of the block that is served, and how many times each peer asks for it. */
const BLOCK_BYTES = 100_000
const BLOCKS = 10
const ROUNDS = { v1: 3, v2: 1 }
const NODE = '1.2.3.4:18444'
/** What dials is another machine's: the node is not to take it for peers of its choice that are at work. */
const elsewhere = { scheduler: unhurriedScheduler }

/**
 * A chain that ends in a block with one transaction as large as the whole block should be. A node tells of
 * headers as far as it has blocks: the one that it has is the last.
 */
function makeChain(): { headers: BlockHeader[]; block: Block } {
  const headers = mineHeaders(regtest.genesis, HEADERS - 1)
  const coinbase = coinbaseAt(HEADERS)
  const output = { value: 0n, scriptPubKey: new Uint8Array(BLOCK_BYTES).fill(0x51) }
  const block = mineBlock(headers.at(-1)!, [{ ...coinbase, outputs: [...coinbase.outputs, output] }])
  return { headers: [...headers, block.header], block }
}

/**
 * A node of ours and 500 peers of ours that dial it, all in this process and without sockets: what is
 * measured is both sides of every connection.
 */
async function measure(protocol: 'v1' | 'v2'): Promise<Record<string, number>> {
  const { headers, block } = makeChain()
  const hash = blockHash(block.header)
  const network = createMemoryNetwork()
  await using node = await createNode(
    {
      network: regtest,
      connect: [],
      services: Services.NETWORK | Services.WITNESS | Services.P2P_V2,
      slots: { inbound: PEERS },
    },
    {
      dialer: network.dialerOf(NODE),
      listeners: [network.listenerOf(NODE)],
      services: { block: (asked) => (bytesToHex(asked) === bytesToHex(hash) ? block : undefined) },
    },
  )
  await node.chain.submitHeaders(headers)
  const target: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18_444 }
  const before = await heldBytes()
  let start = performance.now()
  const dial = async (index: number): Promise<Peer> => {
    const { bytes } = nthAddress(index)
    const transport = await connect(
      target,
      {
        dialer: network.dialerOf(`${bytes.join('.')}:18444`),
        network: regtest,
        fallback: protocol === 'v1' ? onlyV1 : neverFallback,
      },
      elsewhere,
    )
    const peer = createPeer(transport, { id: peerId(index), kind: 'manual', network: regtest }, elsewhere)
    await peer.handshake
    return peer
  }
  const peers: Peer[] = []
  while (peers.length < PEERS) {
    const group = Array.from({ length: AT_ONCE }, (_, index) => dial(peers.length + index))
    peers.push(...(await Promise.all(group)))
  }
  const connected = seconds(start)
  const held = ((await heldBytes()) - before) / PEERS / 1_000
  start = performance.now()
  await Promise.all(peers.map((peer) => takeHeaders(peer)))
  const headersTaken = seconds(start)
  start = performance.now()
  await Promise.all(peers.map((peer) => takeBlocks(peer, hash)))
  const blocksTaken = seconds(start)
  const heldAfter = ((await heldBytes()) - before) / PEERS / 1_000
  if (node.peers().length !== PEERS) throw new Error(`${node.peers().length} of ${PEERS} peers are left`)
  await Promise.all(peers.map((peer) => peer.disconnect()))
  return {
    [`inbound-500-${protocol}-connect 1/s`]: PEERS / connected,
    [`inbound-500-${protocol}-headers 1/s`]: (PEERS * HEADERS) / headersTaken,
    [`inbound-500-${protocol}-blocks MB/s`]: (PEERS * BLOCKS * BLOCK_BYTES) / 1e6 / blocksTaken,
    [`inbound-500-${protocol}-memory kB/peer`]: held,
    [`inbound-500-${protocol}-memory-after kB/peer`]: heldAfter,
  }
}

async function takeHeaders(peer: Peer): Promise<void> {
  const headers = await peer.getHeaders({ locator: [regtest.genesisHash] })
  if (headers.length !== HEADERS) throw new Error(`${headers.length} headers`)
}

async function takeBlocks(peer: Peer, hash: BlockHash): Promise<void> {
  for (let i = 0; i < BLOCKS; i++) {
    for await (const { payload } of peer.getRawBlocks([hash])) {
      if (payload.length < BLOCK_BYTES) throw new Error(`${payload.length} bytes`)
    }
  }
}

function seconds(start: number): number {
  return (performance.now() - start) / 1_000
}

const bench: Bench = async (emit: Emit) => {
  for (const protocol of ['v1', 'v2'] as const) {
    const rounds: Record<string, number>[] = []
    for (let round = 0; round < ROUNDS[protocol]; round++) rounds.push(await measure(protocol))
    for (const key of Object.keys(rounds[0]!)) {
      const [name, unit] = key.split(' ') as [string, string]
      const better = unit === 'kB/peer' ? 'lower' : 'higher'
      emit(figure({ name, unit, better, ours: median(rounds.map((each) => each[key]!)) }))
    }
  }
}

export default bench
