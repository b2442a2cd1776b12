import { describe, expect, it } from 'vitest'
import { mineHeader, regtest } from '../../test/support/make-chain.ts'
import { after, NOON } from '../../test/support/peer-ids.ts'
import { approximateBestBlockDepth } from './best-block-depth.ts'
import { StorableHeaderChain } from './header-chain.ts'

describe('the blocks that are probably missing', () => {
  it('are told by the age of the tip, a block for each ten minutes', () => {
    const chain = new StorableHeaderChain({ network: regtest })
    chain.accept([mineHeader(regtest.genesis, { time: NOON / 1000 })], NOON)
    expect(approximateBestBlockDepth(chain, NOON)).toBe(0)
    expect(approximateBestBlockDepth(chain, after(-3_600_000))).toBe(0)
    expect(approximateBestBlockDepth(chain, after(599_999))).toBe(0)
    expect(approximateBestBlockDepth(chain, after(25 * 3_600_000))).toBe(150)
  })
})
