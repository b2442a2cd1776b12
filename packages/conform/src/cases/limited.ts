import type { TestPeer } from '@sapwood/integration/test-peer'
import { blockHash, bytesEqual, hasServices, InventoryType, Services } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { fateOf, listening } from './case-builders.ts'
import { bip, core, places } from './places.ts'

/** The version of the suite that these came with. */
const SINCE = '0.3.0'
/** Blocks that `NODE_NETWORK_LIMITED` promises (BIP159). */
const PROMISED = 288
/** So far below that Core's two blocks of leeway, and a tip of a moment ago, change nothing. */
const BELOW = 20

async function askFor(peer: TestPeer, hash: Uint8Array): Promise<void> {
  await peer.send({
    type: 'getdata',
    inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: hash }],
  })
}

/** BIP159: nodes that keep the last blocks alone. */
export const limitedCases: readonly ListeningCase[] = [
  listening(
    {
      name: 'bip159/offer/limited-beside-network',
      since: SINCE,
      level: 'core',
      source: {
        place: places(bip(159, 'New service bit'), core('init.cpp', 'g_local_services')),
        says: 'A node that has all blocks offers the last 288 by their own bit too.',
      },
      needs: ['network'],
      accepts: ['offered'],
    },
    async (stage) => {
      const { version } = await stage.dial()
      return hasServices(version?.services ?? 0n, Services.NETWORK_LIMITED) ? 'offered' : 'not offered'
    },
  ),
  listening(
    {
      name: 'bip159/getdata/last-288-served',
      since: SINCE,
      level: 'must',
      source: {
        place: bip(159, 'New service bit'),
        says: 'Who offers NODE_NETWORK_LIMITED gives the last 288 blocks.',
      },
      needs: ['chain', 'network-limited'],
      accepts: ['the block'],
    },
    async (stage) => {
      const peer = await stage.dial()
      const { chain } = stage
      const { hash } = chain.at(chain.height - PROMISED + 1)!
      await askFor(peer, hash)
      const { block } = await peer.expect('block')
      return bytesEqual(blockHash(block.header), hash) ? 'the block' : 'another'
    },
  ),
  listening(
    {
      name: 'bip159/getdata/older-not-served',
      since: SINCE,
      level: 'should',
      source: {
        place: bip(159, 'Counter-measures for peer fingerprinting'),
        says: 'Who offers no more than that gives none below: how much is kept would tell who it is.',
      },
      needs: ['chain', 'network-limited', 'no-network'],
      accepts: ['closed', 'unanswered'],
    },
    async (stage) => {
      const peer = await stage.dial()
      const { chain } = stage
      await askFor(peer, chain.at(chain.height - PROMISED - BELOW)!.hash)
      if ((await fateOf(peer)) === 'closed') return 'closed'
      return peer.count('block') > 0 ? 'the block' : 'unanswered'
    },
  ),
]
