import { blockBytes, bytesEqual, regtest } from '@sapwood/wire-codec'
import { createPeer, peerId } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import { RegtestChain } from './regtest-chain.ts'
import { createMemoryDialer, createRegtestPeer } from './regtest-peer.ts'

const components = { clock: systemClock, random: systemRandom }
const somewhere = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18_444 } as const

describe('the embedded regtest peer', () => {
  it('serves its headers and blocks over memory', async () => {
    const chain = new RegtestChain({ blocks: 120, transactions: 3 })
    await using served = createRegtestPeer({ chain })
    const transport = await connect(somewhere, {
      network: regtest,
      dialer: createMemoryDialer(served),
    })
    await using peer = createPeer(transport, { id: peerId(1), kind: 'manual', network: regtest }, components)
    const drained = drain(peer.messages())
    const version = await peer.handshake
    expect(version.startHeight).toBe(120)
    expect(peer.info().sessionId).toBe(served.connections()[0]!.sessionId)
    const headers = await peer.getHeaders({ locator: [regtest.genesisHash] })
    expect(headers).toHaveLength(120)
    const hashes = [1, 60, 120].map((height) => chain.at(height)!.hash)
    const heights: number[] = []
    for await (const { hash, block: received } of peer.getBlocks(hashes)) {
      const block = chain.byHash(hash)!
      expect(bytesEqual(blockBytes(received), block.bytes)).toBe(true)
      heights.push(block.height)
    }
    expect(heights.sort((a, b) => a - b)).toEqual([1, 60, 120])
    await peer.disconnect({ detail: 'done' })
    await drained
  })
})

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const message of messages) if (message === undefined) return
}
