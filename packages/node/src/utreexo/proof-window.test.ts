import { asHash256, blockHash, encodeBlock, type UtreexoProof } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import { expect, it } from 'vitest'
import type { BlockStreamItem } from '../blocks/block-stream-item.ts'
import { makeProvedChain } from '../../test/support/utreexo-chain.ts'
import type { ReceivedProof, WantedProof } from './proof-fetcher.ts'
import { ProofWindow } from './proof-window.ts'

const FIRST = 101
const LAST = 140
const chain = makeProvedChain(LAST)
const peer = peerId(1)

async function* blocks(): AsyncGenerator<BlockStreamItem, void, undefined> {
  for (let height = FIRST; height <= LAST; height++) {
    const block = chain.blocks[height - 1]!
    const size = encodeBlock(block).length
    yield { type: 'block', height, hash: blockHash(block.header), block, peer, size }
    await Promise.resolve()
  }
}

it('proofs that are far larger than their blocks are not all kept until their turn', async () => {
  const hash = asHash256(new Uint8Array(32))
  /** A megabyte of hashes. */
  const proofHashes = Array.from({ length: 31_250 }, () => hash)
  const asked: number[] = []
  const fetch = ({ height, hash: of }: WantedProof): Promise<ReceivedProof> => {
    asked.push(height)
    const proof: UtreexoProof = { blockHash: of, proofHashes, targets: new BigUint64Array(1), leafData: [] }
    return Promise.resolve({ proof, from: peer })
  }
  const window = new ProofWindow(blocks(), { fetch })
  // All that is asked for ahead has come.
  for (let turn = 0; turn < 1_000; turn++) await Promise.resolve()
  const heights = Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index)
  expect(asked).toEqual(heights)
  const given: number[] = []
  for (let item = await window.next(); item !== undefined; item = await window.next())
    if (item.type === 'block' && 'proof' in item.answer) given.push(item.block.height)
  expect(given).toEqual(heights)
  // One in hand and fifteen beside: the others are asked for in their turn.
  const again = asked.slice(heights.length)
  expect(again).toEqual(heights.slice(16))
  await window.close()
})
