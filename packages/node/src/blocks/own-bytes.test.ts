import { blockBytes, decodeBlock, encodeBlock } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { hashesOf, mineBlocks, regtest } from '../../test/support/make-chain.ts'
import { alice, NOON, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { BlockDownload } from './block-download.ts'

describe('a block that waits for those before it', () => {
  it('keeps nothing alive but its own bytes', () => {
    const blocks = mineBlocks(regtest.genesis, 0, 10)
    const chain = new StorableHeaderChain({ network: regtest })
    chain.accept(
      blocks.map(({ header }) => header),
      NOON,
    )
    const download = new BlockDownload({}, { chain, wallTime })
    download.addPeer(alice, { serves: 'all', preferred: true, protected: false }, NOON)
    download.peerHas(alice, hashesOf(blocks).at(-1)!, NOON)
    download.openStream({ from: 1 }, NOON)
    const delivered = [...blocks].reverse().flatMap((block) => {
      const bytes = encodeBlock(block)
      const chunk = new Uint8Array(65_536)
      chunk.set(bytes, 100)
      const payload = chunk.subarray(100, 100 + bytes.length)
      return download.onBlock(alice, decodeBlock(payload), NOON)
    })
    const kept = delivered.flatMap((action) => (action.type === 'deliver' ? [action.block] : []))
    expect(kept.map(({ height }) => height)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    // The first was what the others waited for, and has never been kept.
    const bytes = kept.map(({ block }) => blockBytes(block))
    for (const own of bytes.slice(1)) expect(own.buffer.byteLength).toBe(own.length)
    expect(bytes).toEqual(blocks.map((block) => encodeBlock(block)))
  })
})
