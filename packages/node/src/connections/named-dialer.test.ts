import type { NetworkAddress } from '@sapwood/wire-codec'
import { streamPair } from '@sapwood/transport-v1v2'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { createNamedDialer } from './named-dialer.ts'

it('tries another address first at each attempt: one may take every connection and answer none', async () => {
  const addresses = [1, 2].map(
    (last): NetworkAddress => ({ network: 'ipv4', bytes: Uint8Array.of(10, 0, 0, last), port: 1 }),
  )
  const random = createSeededRandom('names')
  const reached = new Set<number>()
  for (let attempt = 0; attempt < 20; attempt++) {
    const dialer = createNamedDialer(
      { network: 'name', host: 'two.test', port: 1 },
      {
        clock: createVirtualClock(),
        random,
        dialer: { dial: () => Promise.resolve(streamPair()[0]) },
        resolver: { resolve: () => Promise.resolve(addresses) },
        onFound: (found) => found,
        onReached: ({ bytes }) => void reached.add(bytes[3]!),
      },
    )
    const { signal } = new AbortController()
    await dialer.dial({ network: 'name', host: 'two.test', port: 1 }, { signal })
  }
  expect([...reached].sort()).toEqual([1, 2])
})
