import { hashToHex, Services } from '@sapwood/wire-codec'
import { mineWithPayments, RegtestBitcoind, startUtreexoBridge } from '../../src/index.ts'
import { describe, expect, it } from 'vitest'
import { connectTo, overV1, ProofClient, wholeProofOf } from './proof-client.ts'
import { mineEveryForm, payAround, sweep } from './script-forms.ts'

/** bitcoind's count of unspent outputs: each is a leaf. */
async function txouts(bitcoind: RegtestBitcoind): Promise<number> {
  return (await bitcoind.rpc<{ txouts: number }>('gettxoutsetinfo')).txouts
}

describe('a bridge on a real bitcoind', () => {
  it.each([
    ['v2', connectTo],
    ['v1', overV1],
  ] as const)(
    'proves spends of every script form, in one block, of a sweep and after a reorg, over %s',
    async (protocol, dial) => {
      await using bitcoind = await RegtestBitcoind.start()
      await mineEveryForm(bitcoind, 2)
      await using running = await startUtreexoBridge({ bitcoind })
      const { node, bridge, address } = running
      await using peer = await dial(address)
      expect(peer.info()).toMatchObject({ transport: protocol })
      const offered = Services.UTREEXO | Services.UTREEXO_ARCHIVE | Services.NETWORK | Services.WITNESS
      expect(peer.info().services & offered).toBe(offered)
      const client = new ProofClient(peer, node)

      await sweep(bitcoind)
      await payAround(bitcoind, 8)
      await sweep(bitcoind)
      const height = await bitcoind.rpc<number>('getblockcount')
      await bridge.waitForHeight(height)
      await client.prove()
      expect(client.stump.equals(bridge.stump())).toBe(true)
      expect(bridge.info().liveLeaves).toBe(await txouts(bitcoind))
      expect([...client.scripts.keys()].sort()).toEqual(['other', 'p2pkh', 'p2sh', 'p2wpkh', 'p2wsh'])
      expect(client.raised).toBeGreaterThan(0)

      const fork = height - 2
      const left = node.chain.hashAt(height)!
      await bitcoind.rpc('invalidateblock', hashToHex(node.chain.hashAt(fork + 1)!))
      // To another address: the same blocks again would be those that it holds invalid.
      await bitcoind.mine(4, await bitcoind.rpc<string>('getnewaddress'))
      await node.chain.waitForHeight(fork + 4)
      await bridge.waitForHeight(fork + 4)
      client.rewind(fork)
      await client.prove()
      expect(hashToHex(bridge.info().tip.hash)).toBe(await bitcoind.rpc('getbestblockhash'))
      expect(client.stump.equals(bridge.stump())).toBe(true)
      expect(bridge.info().liveLeaves).toBe(await txouts(bitcoind))
      // What is off the best chain is not proved, and costs nobody the connection.
      peer.send({ type: 'getuproof', request: wholeProofOf(left) })
      peer.send({ type: 'geturoot', blockHash: left })
      expect((await peer.ping()).roundTrip).toBeGreaterThanOrEqual(0)
    },
    120_000,
  )

  it('announces a block once its proof can be served', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 110)
    await using running = await startUtreexoBridge({ bitcoind })
    await using peer = await connectTo(running.address)
    const client = new ProofClient(peer, running.node)
    await client.prove()
    for (let n = 0; n < 5; n++) {
      // Listened before it is mined: what was said before `messages()` is not kept.
      const heard = peer.messages()
      await bitcoind.mine(1)
      for await (const { message } of heard) {
        if (message.type !== 'message') continue
        const { message: said } = message
        if (said.type === 'headers' || said.type === 'inv' || said.type === 'cmpctblock') break
      }
      // Told of it: from here on it is not waited for.
      const { height, hash } = running.bridge.info().tip
      expect(height).toBe(111 + n)
      expect(
        (await peer.getUtreexoProof({ request: wholeProofOf(hash) }, { timeout: 5_000 })).blockHash,
      ).toEqual(hash)
    }
    await client.prove()
    expect(client.stump.equals(running.bridge.stump())).toBe(true)
  })

  it("tells the roots of each block, with the proof that they are the accumulator's", async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 120)
    await using running = await startUtreexoBridge({ bitcoind })
    await using peer = await connectTo(running.address)
    const client = new ProofClient(peer, running.node)
    for (const height of [0, 1, 101, 119, 120]) {
      await client.prove(height)
      const hash = running.node.chain.hashAt(height)!
      const state = await peer.getUtreexoRoots({ blockHash: hash })
      expect(state).toMatchObject({
        blockHash: hash,
        target: BigInt(height),
        leaves: BigInt(client.stump.leaves),
      })
      expect(state.roots).toEqual(client.stump.roots)
    }
  })
})
