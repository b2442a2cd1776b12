import assert from 'node:assert/strict'
import { FaultyRelay, RegtestChain } from '@sapwood/integration'
import { listenLiar, liars } from '@sapwood/integration/liars'
import { reply, TestPeer } from '@sapwood/integration/test-peer'
import { Wallet } from './wallet.mjs'

const COIN = 5_000_000_000n
const chain = new RegtestChain({ blocks: 6 })
const script = chain.at(1).block.transactions[0].outputs[0].scriptPubKey
const version = { startHeight: 6 }

/** Opens what a check needs, and closes all of it after. */
async function withAll(act) {
  const opened = []
  const keep = (it) => {
    opened.unshift(it)
    return it
  }
  try {
    await act(keep)
  } finally {
    for (const it of opened) await (it.close?.() ?? it[Symbol.asyncDispose]())
  }
}

const serve = (peer, served) =>
  peer
    .on('getheaders', (message) => reply.headers(served())(message))
    .on('getdata', (message) => reply.blocks(served())(message))

/** The checks of the wallet, for any test runner. */
export const checks = {
  'adds up what a peer shows it, and takes back what the chain does': () =>
    withAll(async (keep) => {
      let served = chain
      const listener = keep(await TestPeer.listen({ version }))
      const opening = Wallet.open([listener.hostAndPort], script)
      const peer = serve(await listener.next(), () => served)
      const wallet = keep(await opening)
      await wallet.seen(chain.tip)
      assert.equal(wallet.balance, 6n * COIN)
      // From height 3 on another chain, with more work; its coins go elsewhere, but for those up to the fork.
      served = chain.forkAt(3)
      served.mine(4)
      await peer.send({ type: 'headers', headers: served.headers.slice(3) })
      await wallet.seen(served.tip)
      assert.equal(wallet.balance, 7n * COIN)
      await peer.expectAlive()
    }),
  'gets its blocks though a peer keeps them back': () =>
    withAll(async (keep) => {
      const liar = keep(await listenLiar(liars.withheldBlocks(chain)))
      const honest = keep(await listenLiar(liars.honest(chain)))
      const wallet = keep(await Wallet.open([liar.hostAndPort, honest.hostAndPort], script))
      await wallet.seen(chain.tip)
      assert.equal(wallet.balance, 6n * COIN)
    }),
  'lives with a line that is slow, and cuts everything in pieces': () =>
    withAll(async (keep) => {
      const honest = keep(await listenLiar(liars.honest(chain)))
      const faults = { toDialler: { slice: 7, latency: 5, jitter: 5 } }
      const relay = keep(await FaultyRelay.start(honest.port, { faults, seed: 1 }))
      const wallet = keep(await Wallet.open([relay.hostAndPort], script))
      await wallet.seen(chain.tip)
      assert.equal(wallet.balance, 6n * COIN)
    }),
}
