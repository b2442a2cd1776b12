import { mineBlockOn } from '@sapwood/integration'
import { buildCompactBlock, concatBytes, encodeHeader } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { BLOCKS, CHAIN, COMPACT, fate, sees } from './exchange-builders.ts'
import { fateOf } from './case-builders.ts'
import { bip, core, onMessage, places } from './places.ts'

/** Blocks that a node is given. */
export const blockCases: readonly ListeningCase[] = [
  sees(
    'block/unasked-with-more-work-taken',
    core('validation.cpp', 'ChainstateManager::AcceptBlock'),
    'A block that nobody asked for is taken where it makes the best chain longer.',
    ['taken'],
    async (_peer, stage) => {
      await stage.mine()
      return 'taken'
    },
    BLOCKS,
  ),
  fate(
    'block/known',
    onMessage('block'),
    'A block that is known ends nothing.',
    ['alive'],
    (peer, { chain }) => peer.send({ type: 'block', block: chain.at(7)!.block }),
    CHAIN,
  ),
  fate(
    'block/wrong-merkle-root-refused',
    places(onMessage('block'), core('validation.cpp', 'IsBlockMutated')),
    'A block that its header does not vouch for ends the connection.',
    ['closed'],
    async (peer, { chain }) => {
      const { block } = mineBlockOn(chain, { tag: 'mutated' })
      const [coinbase] = block.transactions
      await peer.send({ type: 'block', block: { ...block, transactions: [{ ...coinbase!, lockTime: 7 }] } })
    },
    BLOCKS,
  ),
  fate(
    'block/without-transactions',
    onMessage('block'),
    'A block without any transaction: it is refused, or its sender.',
    ['alive', 'closed'],
    async (peer, { chain }) => {
      const { block } = mineBlockOn(chain, { tag: 'empty' })
      await peer.sendRaw('block', concatBytes(encodeHeader(block.header), Uint8Array.of(0)))
    },
    { ...CHAIN, level: 'must' },
  ),
  sees(
    'bip152/cmpctblock/new-block-taken',
    bip(152, 'cmpctblock'),
    'A block that comes as a cmpctblock with all its transactions is taken.',
    ['taken'],
    async (peer, stage) => {
      await stage.mine()
      const compactBlock = buildCompactBlock(stage.chain.at(stage.chain.height)!.block, { nonce: 9n })
      await peer.send({ type: 'cmpctblock', compactBlock })
      return (await fateOf(peer)) === 'alive' ? 'taken' : 'closed'
    },
    COMPACT,
  ),
]
