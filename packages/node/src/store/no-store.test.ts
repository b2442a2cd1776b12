import { describe, expect, it } from 'vitest'
import { mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { NOON } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { HeaderStore } from '../chain/header-store.ts'
import { noStore } from './no-store.ts'

describe('without a store', () => {
  it('everything can be saved, and nothing is there afterwards', async () => {
    const chain = new StorableHeaderChain({ network: regtest })
    const headers = new HeaderStore(noStore)
    expect(await headers.load(chain)).toEqual({ headers: 0, droppedRuns: 0 })
    chain.accept(mineHeaders(regtest.genesis, 10), NOON)
    await headers.save(chain)

    const next = new StorableHeaderChain({ network: regtest })
    expect(await new HeaderStore(noStore).load(next)).toEqual({ headers: 0, droppedRuns: 0 })
    expect(next.size).toBe(1)
  })
})
