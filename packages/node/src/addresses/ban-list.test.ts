import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { createBanList } from './ban-list.ts'
import { BanStore } from './ban-store.ts'
import { createDiscouragedHosts } from './discouraged-hosts.ts'
import { formatSubnet, inSubnet, parseSubnet } from './subnet.ts'

const HOUR = 3_600_000

describe('subnets', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.0/24',
    '2001:db8::/32',
    '2001:db8::1',
    '0.0.0.0/0',
    'fe80::1%eth0',
    'fe80::%eth0/64',
  ])('reads %s', (text) => {
    expect(formatSubnet(parseSubnet(text))).toBe(text)
  })

  it('drops the bits past the prefix', () => {
    expect(formatSubnet(parseSubnet('203.0.113.77/20'))).toBe('203.0.112.0/20')
  })

  it.each(['', 'example.org', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/x', '1.2.3.4/-1', '::/129'])(
    'refuses %j',
    (text) => {
      expect(() => parseSubnet(text)).toThrow(SyntaxError)
    },
  )

  it('knows what lies within', () => {
    const subnet = parseSubnet('203.0.112.0/20')
    expect(inSubnet(subnet, address('203.0.127.255'))).toBe(true)
    expect(inSubnet(subnet, address('203.0.128.0'))).toBe(false)
    expect(inSubnet(subnet, address('2001:db9::1'))).toBe(false)
  })
})

describe('the ban list', () => {
  it('bans until an instant, not for an hour (a day in Floresta ended at its next hourly sweep)', async () => {
    const clock = createVirtualClock()
    const bans = createBanList({ clock })
    const until = (clock.wallTime() + 24 * HOUR) as WallTime
    expect(bans.add(parseSubnet('203.0.113.0/24'), until, 'test')).toMatchObject({ expiresAt: until })
    for (let hour = 0; hour < 23; hour++) {
      await clock.advance(HOUR)
      expect(bans.sweep()).toEqual([])
      expect(bans.find(address('203.0.113.9'))?.text).toBe('203.0.113.0/24')
    }
    await clock.advance(HOUR)
    expect(bans.find(address('203.0.113.9'))).toBeUndefined()
    expect(bans.list()).toEqual([])
    expect(bans.sweep()).toHaveLength(1)
    expect(bans.sweep()).toEqual([])
  })

  it('tells the hosts of one local link from those of another, unless the ban names no link', async () => {
    const clock = createVirtualClock()
    const store = createMemoryStore()
    const bans = createBanList({ clock })
    const until = (clock.wallTime() + HOUR) as WallTime
    const here = address('[fe80::1%eth0]:1')
    const there = address('[fe80::1%eth1]:2')
    const discouraged = createDiscouragedHosts()
    discouraged.add(here)
    expect([discouraged.has({ ...here, port: 9 }), discouraged.has(there)]).toEqual([true, false])
    bans.add(parseSubnet('fe80::1%eth0'), until, '')
    const namespace = store.namespace('bans')
    await new BanStore(namespace).save(bans)
    for (const list of [bans, await new BanStore(namespace).load({ clock })]) {
      expect(list.find(here)?.text).toBe('fe80::1%eth0')
      expect(list.find(there)).toBeUndefined()
      expect(list.find(address('[fe80::1]:1'))).toBeUndefined()
      expect(list.remove(parseSubnet('fe80::1'))).toBeUndefined()
      list.add(parseSubnet('fe80::/10'), until, '')
      for (const host of [here, there]) expect(inSubnet(parseSubnet('fe80::/10'), host)).toBe(true)
      expect(list.find(there)?.text).toBe('fe80::/10')
      expect(list.remove(parseSubnet('fe80::1%eth0'))).toBeDefined()
    }
  })

  it('covers an IPv4 address in the form of IPv6, as text and as an object', () => {
    const clock = createVirtualClock()
    const bans = createBanList({ clock })
    bans.add(parseSubnet('::ffff:203.0.113.7'), (clock.wallTime() + HOUR) as WallTime, '')
    expect(bans.find(address('203.0.113.7'))?.text).toBe('203.0.113.7')
  })

  it('covers an address by any of its subnets, whatever the port', () => {
    const clock = createVirtualClock()
    const bans = createBanList({ clock })
    const until = (clock.wallTime() + HOUR) as WallTime
    bans.add(parseSubnet('10.0.0.0/8'), until, '')
    bans.add(parseSubnet('203.0.113.7'), until, '')
    expect(bans.find(address('10.200.1.1:1'))).toBeDefined()
    expect(bans.find(address('203.0.113.7:9999'))).toBeDefined()
    expect(bans.find(address('203.0.113.8'))).toBeUndefined()
    expect(bans.remove(parseSubnet('10.0.0.0/8'))).toBeDefined()
    expect(bans.find(address('10.200.1.1'))).toBeUndefined()
    expect(bans.remove(parseSubnet('10.0.0.0/8'))).toBeUndefined()
  })

  it('survives a restart with its instants', async () => {
    const clock = createVirtualClock()
    const store = createMemoryStore()
    const space = store.namespace('bans')
    const first = new BanStore(space)
    const bans = await first.load({ clock })
    const until = (clock.wallTime() + 2 * HOUR) as WallTime
    bans.add(parseSubnet('203.0.113.0/24'), until, 'spam')
    bans.add(parseSubnet('198.51.100.1'), (clock.wallTime() + 1) as WallTime, '')
    await first.save(bans)

    await clock.advance(HOUR)
    const again = await new BanStore(space).load({ clock })
    expect(again.list()).toMatchObject([{ text: '203.0.113.0/24', expiresAt: until, reason: 'spam' }])
    again.remove(parseSubnet('203.0.113.0/24'))
    const second = new BanStore(space)
    const loaded = await second.load({ clock })
    loaded.remove(parseSubnet('203.0.113.0/24'))
    await second.save(loaded)
    expect((await new BanStore(space).load({ clock })).list()).toEqual([])
    await store.close()
  })

  it('leaves out what does not read', async () => {
    const store = createMemoryStore()
    const space = store.namespace('bans')
    await space.batch([{ type: 'put', key: 'x', value: new TextEncoder().encode('{"layout":1}') }])
    expect((await new BanStore(space).load({ clock: createVirtualClock() })).list()).toEqual([])
    await store.close()
  })
})

describe('discouraged hosts', () => {
  it('go by host, and are bounded', () => {
    const hosts = createDiscouragedHosts(100)
    hosts.add(address('203.0.113.7:8333'))
    expect(hosts.has(address('203.0.113.7:1'))).toBe(true)
    expect(hosts.has(address('203.0.113.8:8333'))).toBe(false)
    for (let i = 0; i < 99; i++) hosts.add(address(`198.51.${i}.1`))
    expect(hosts.has(address('198.51.98.1'))).toBe(true)
    for (let i = 0; i < 99; i++) hosts.add(address(`198.52.${i}.1`))
    expect(hosts.has(address('203.0.113.7'))).toBe(false)
    expect(hosts.has(address('198.52.98.1'))).toBe(true)
  })
})
