import { Services } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import { regtest } from '../../test/support/make-chain.ts'
import { alice } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { EventHub } from '../events/event-hub.ts'
import type { NodeEvents, NodeEventSource } from '../handle/node-events.ts'
import { FilterDriver } from './filter-driver.ts'

/** A loop with one peer that has filters, or none; and how many wait for events. */
function world(hasPeer: boolean) {
  const clock = createVirtualClock()
  const hub = new EventHub<NodeEvents>({ clock, logger: silentLogger })
  const counts = { listening: 0, most: 0 }
  const events: Pick<NodeEventSource, 'on'> = {
    on: (name, listener) => {
      const stop = hub.on(name, listener)
      counts.most = Math.max(counts.most, ++counts.listening)
      let stopped = false
      return () => {
        if (!stopped) counts.listening--
        stopped = true
        stop()
      }
    },
  }
  const record = {
    id: alice,
    kind: 'manual',
    peer: {},
    leaving: false,
    version: { services: Services.COMPACT_FILTERS },
  }
  const parts = {
    calls: { call: async <T>(_: string, run: () => T | Promise<T>) => run() },
    table: {
      ready: () => (hasPeer ? [record] : []),
      get: () => record,
    } as unknown as ConnectionTable,
    driver: { bestOf: () => undefined, sent: () => undefined },
    banManager: { punish: () => undefined, letGo: () => undefined },
  }
  const chain = new StorableHeaderChain({ network: regtest })
  return { clock, counts, peers: new FilterDriver(60_000, { ...parts, chain, clock, events }) }
}

describe('the peers that have filters', () => {
  it('are looked for 3,000 times without anything being left that waits', async () => {
    const { clock, counts, peers } = world(true)
    const { signal } = new AbortController()
    for (let call = 0; call < 3_000; call++) expect(await peers.having(0, signal)).toHaveLength(1)
    expect(counts).toEqual({ listening: 0, most: 0 })
    expect(clock.pendingTimers).toBe(0)
  })

  it('are waited for, and nothing is left of that either, when there is none', async () => {
    const { clock, counts, peers } = world(false)
    const waiting = Array.from({ length: 20 }, () => peers.having(0, new AbortController().signal))
    const outcome = Promise.allSettled(waiting)
    await clock.advance(1_000)
    expect(counts.listening).toBe(20 * 4)
    await clock.advance(60_000)
    expect((await outcome).every(({ status }) => status === 'rejected')).toBe(true)
    expect(counts.listening).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('that were silent twice are passed over, and forgotten with their connection', async () => {
    const { clock, peers } = world(true)
    const { signal } = new AbortController()
    await peers.silent(alice, 'no-filter-headers')
    await peers.silent(alice, 'no-filter-headers')
    let isFound = false
    const found = peers.having(0, signal).then(() => (isFound = true))
    await clock.advance(29_000)
    expect(isFound).toBe(false)
    peers.closed({ id: alice } as ConnectionRecord)
    expect(await peers.having(0, signal)).toHaveLength(1)
    await clock.advance(1_000)
    await found
  })
})
