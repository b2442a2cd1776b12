import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import type { BlockHash } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { NOON } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { ServiceTable } from '../connections/service-table.ts'
import { ServedTip } from './served-tip.ts'

it('keeps none of the bytes in which a remote asked for a block', () => {
  const chain = new StorableHeaderChain({ network: regtest })
  chain.accept(mineHeaders(regtest.genesis, 3), NOON)
  const services = new ServiceTable({ block: () => undefined })
  const tip = new ServedTip({ chain, clock: createVirtualClock(), services })
  // A view of a message that may have been read into much more memory.
  const message = new Uint8Array(4_000)
  message.set(chain.hashAt(2)!, 1_000)
  tip.saw(message.subarray(1_000, 1_032) as BlockHash)
  message.fill(0)
  expect(tip.height).toBe(2)
})
