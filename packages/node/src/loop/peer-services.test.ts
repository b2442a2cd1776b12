import { type BlockHash, txid } from '@sapwood/wire-codec'
import type { ServingContext } from '@sapwood/peer'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { coinbaseAt, mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { alice, after, NOON, seededRandom, wallTime } from '../../test/support/peer-ids.ts'
import { AddressManager } from '../addresses/address-manager.ts'
import { createServedAddresses } from '../addresses/served-addresses.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'
import { ConnectionTable } from '../connections/connection-table.ts'
import { phases } from '../chain/phases.ts'
import { TransactionRelay } from '../transactions/transaction-relay.ts'
import { createPeerServices } from './peer-services.ts'
import { ServedBlocks } from './served-blocks.ts'
import { ServedTip } from './served-tip.ts'
import { ServiceTable } from '../connections/service-table.ts'
import { TransactionDriver } from './transaction-driver.ts'

/** All calls and changes of `target`, by name, go to `touched`. */
function watched<T extends object>(name: string, target: T, touched: Set<string>): T {
  return new Proxy(target, {
    get: (_, key) => {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      touched.add(`${name}.${String(key)}`)
      return value.bind(target) as unknown
    },
    set: (_, key, value) => {
      touched.add(`${name}.${String(key)} =`)
      return Reflect.set(target, key, value, target)
    },
  })
}

describe('what peers are answered', () => {
  it('is read outside the loop, where nothing is changed but who has asked', async () => {
    const clock = createVirtualClock()
    const random = seededRandom()
    const touched = new Set<string>()
    const events: string[] = []
    const chain = new StorableHeaderChain({ network: regtest })
    chain.accept(mineHeaders(regtest.genesis, 3), NOON)
    const record = { id: alice, kind: 'inbound', peer: { send: () => true } } as unknown as ReadyConnection
    const table = new ConnectionTable()
    table.add(watched('record', record, touched))
    const relay = new TransactionRelay({ listen: true }, { random, wallTime, tipHeight: () => 3 })
    const facts = { relays: true, mayAnnounce: true, outbound: true, wtxidRelay: true, commonVersion: 70_016 }
    relay.addPeer(alice, facts, NOON)
    const transaction = coinbaseAt(7)
    relay.broadcast(transaction, {}, NOON)
    for (let second = 0; second < 60; second++) relay.tick(after(second * 1_000))

    const watchedTable = watched('table', table, touched)
    const watchedChain = watched('chain', chain, touched)
    const addresses = watched('addresses', new AddressManager({}, { clock, random }), touched)
    const served = new ServiceTable({ block: () => Promise.resolve(new Uint8Array(80)) })
    const servedTip = new ServedTip({ chain: watchedChain, clock, services: served })
    const services = createPeerServices({
      chain: watchedChain,
      table: watchedTable,
      transactions: new TransactionDriver({
        calls: { post: () => undefined },
        clock,
        relay: watched('relay', relay, touched),
        table: watchedTable,
        events: { emit: (name) => void events.push(name) },
        phase: { now: phases.running },
        banManager: { punish: () => expect.unreachable(), letGo: () => expect.unreachable() },
      }),
      addresses: createServedAddresses({ clock, random, addresses, isAvoided: () => false }),
      own: {},
      offersBloom: true,
      servedTip,
      blocks: new ServedBlocks({
        chain: watchedChain,
        clock,
        table: watchedTable,
        services: served,
        servedTip,
      }),
    })
    touched.clear()
    const context: ServingContext = { peer: alice, signal: new AbortController().signal }
    const query = { locator: [chain.hashAt(0)!], stopHash: new Uint8Array(32) as BlockHash }
    expect(await services.headers!(query, context)).toHaveLength(3)
    expect(await services.blockHashes!(query, context)).toHaveLength(3)
    expect(await services.block!(chain.hashAt(1)!, context)).toHaveLength(80)
    expect(await services.transaction!({ type: 'txid', hash: txid(transaction) } as never, context)).toBe(
      transaction,
    )
    await services.addresses!(context)
    expect(await services.mempool!(context)).toHaveLength(1)

    expect([...touched].sort()).toEqual([
      'addresses.sample',
      'chain.forkPoint',
      'chain.hashAt',
      'chain.headersAfter',
      'chain.heightOf',
      'chain.isActive',
      'chain.tip',
      'record.askedForAddresses =',
      'relay.serve',
      'relay.toldTo',
      'table.get',
    ])
    expect(events).toEqual(['broadcast-changed'])
    expect(relay.broadcasts()[0]).toMatchObject({ requestedBy: 1 })
  })

  it.each(['headers', 'blockHashes'] as const)(
    'counts the %s that a peer asks for as its work',
    async (name) => {
      const clock = createVirtualClock()
      const table = new ConnectionTable()
      const chain = new StorableHeaderChain({ network: regtest })
      chain.accept(mineHeaders(regtest.genesis, 3), NOON)
      const block = (hash: BlockHash) => (chain.heightOf(hash)! > 2 ? undefined : new Uint8Array(80))
      const served = new ServiceTable({ block })
      const servedTip = new ServedTip({ chain, clock, services: served })
      servedTip.saw(chain.hashAt(2)!)
      let isWorking = false
      const touched: [string, boolean, number?][] = []
      const watchedChain = new Proxy(chain, {
        get: (of, key, self) => {
          const value: unknown = Reflect.get(of, key, self)
          if (typeof value !== 'function') return value
          return (...given: unknown[]) => {
            if (key === 'headersAfter' || key === 'hashAt') touched.push([key, isWorking, given[2] as number])
            return (value as (...given: unknown[]) => unknown).apply(of, given)
          }
        },
      })
      const services = createPeerServices({
        chain: watchedChain,
        table,
        transactions: { serve: () => undefined, mempool: () => [] },
        addresses: { answer: () => expect.unreachable() },
        own: {},
        offersBloom: false,
        servedTip,
        blocks: new ServedBlocks({ chain: watchedChain, clock, table, services: served, servedTip }),
      })
      const work = <T>(task: () => T): Promise<T> => {
        isWorking = true
        const done = task()
        isWorking = false
        return Promise.resolve(done)
      }
      const query = { locator: [chain.hashAt(0)!], stopHash: new Uint8Array(32) as BlockHash }
      const context = { peer: alice, signal: new AbortController().signal, work }
      expect(await services[name]!(query, context)).toHaveLength(2)
      expect(touched.length).toBeGreaterThan(0)
      expect(touched.every(([, counted]) => counted)).toBe(true)
      // No header is made that is not told.
      const limits = touched.filter(([key]) => key === 'headersAfter').map(([, , limit]) => limit)
      expect(limits).toEqual(name === 'headers' ? [1, 2] : [])
      // Nothing is noted of who has gone while it waited for its turn.
      const gone = new AbortController()
      const late = <T>(task: () => T): Promise<T> => {
        gone.abort()
        return work(task)
      }
      const answer = await services.blockHashes!(query, { ...context, signal: gone.signal, work: late })
      expect(answer).toEqual([])
    },
  )

  it('says who has asked for addresses where the program answers that itself, too', async () => {
    const clock = createVirtualClock()
    const table = new ConnectionTable()
    const record = { id: alice, kind: 'inbound', askedForAddresses: false } as unknown as ReadyConnection
    table.add(record)
    const chain = new StorableHeaderChain({ network: regtest })
    const own = { addresses: () => [] }
    const served = new ServiceTable(own)
    const servedTip = new ServedTip({ chain, clock, services: served })
    const services = createPeerServices({
      chain,
      table,
      transactions: { serve: () => undefined, mempool: () => [] },
      addresses: { answer: () => expect.unreachable() },
      own,
      offersBloom: false,
      servedTip,
      blocks: new ServedBlocks({ chain, clock, table, services: served, servedTip }),
    })
    expect(services.mempool).toBeUndefined()
    await services.addresses!({ peer: alice, signal: new AbortController().signal })
    expect(record.askedForAddresses).toBe(true)
  })
})
