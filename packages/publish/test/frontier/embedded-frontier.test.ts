import { createMemoryStore } from '@sapwood/node'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { networks, parsePeerAddress } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { describeFrontier } from '../../src/frontier/describe-frontier.ts'
import { openEmbeddedFrontier } from '../../src/frontier/embedded-frontier.ts'
import { settledOn } from '../support/settled-on.ts'

const network = networks.regtest

describeFrontier('embedded', {
  open: async ({ deadline, hostPause }) => {
    const clock = createVirtualClock()
    const store = createMemoryStore()
    const open = () => openEmbeddedFrontier({ network, deadline, hostPause }, { store, clock })
    const first = await open()
    return {
      frontier: first,
      join: (worker) => Promise.resolve(first.join(worker)),
      reopen: open,
      settled: (waiting) => settledOn(clock, waiting),
    }
  },
})

it('visits again what it cannot read of an earlier run', async () => {
  const store = createMemoryStore()
  const text = '10.0.0.1:8333'
  await store.namespace('crawl-regtest').batch([
    { type: 'put', key: text, value: Uint8Array.of(1) },
    { type: 'put', key: 'no address', value: Uint8Array.of(1) },
  ])
  const frontier = await openEmbeddedFrontier({ network }, { store })
  const claims = await frontier.claim(5, new AbortController().signal)
  expect(claims.map(({ address }) => address)).toEqual([
    parsePeerAddress(text, { defaultPort: network.defaultPort }),
  ])
})
