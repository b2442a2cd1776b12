import { type BlockHash, blockHash, bytesToHex, type NetworkAddress, Services } from '@sapwood/wire-codec'
import { createPeer, type Peer, peerId } from '@sapwood/peer'
import { connect, neverFallback, onlyV1 } from '@sapwood/transport-v1v2'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Bench, type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { createNode } from '../../src/index.ts'
import { nthAddress } from '../../test/support/addresses.ts'
import { coinbaseAt, mineBlock, mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { createMemoryNetwork } from '../../test/support/memory-network.ts'

const PEERS = 500
const HEADERS = 2_000
/** Bytes of the block that is served, and how many times each peer asks for it. */
const BLOCK_BYTES = 100_000
const BLOCKS = 10
const ROUNDS = { v1: 3, v2: 1 }
const NODE = '1.2.3.4:18444'

/** A block with one transaction that is as large as the whole block should be. */
function makeBlock(): { hash: BlockHash; block: ReturnType<typeof mineBlock> } {
  const coinbase = coinbaseAt(1)
  const output = { value: 0n, scriptPubKey: new Uint8Array(BLOCK_BYTES).fill(0x51) }
  const block = mineBlock(regtest.genesis, [{ ...coinbase, outputs: [...coinbase.outputs, output] }])
  return { block, hash: blockHash(block.header) }
}

/**
 * A node of ours and 500 peers of ours that dial it, all in this process and without sockets: what is
 * measured is both sides of every connection.
 */
async function measure(protocol: 'v1' | 'v2'): Promise<Record<string, number>> {
  const { block, hash } = makeBlock()
  const headers = [block.header, ...mineHeaders(block.header, HEADERS - 1)]
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
  const peers = await Promise.all(
    Array.from({ length: PEERS }, async (_, index) => {
      const { bytes } = nthAddress(index)
      const transport = await connect(target, {
        dialer: network.dialerOf(`${bytes.join('.')}:18444`),
        network: regtest,
        fallback: protocol === 'v1' ? onlyV1 : neverFallback,
      })
      const peer = createPeer(transport, { id: peerId(index), kind: 'manual', network: regtest })
      await peer.ready
      return peer
    }),
  )
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
