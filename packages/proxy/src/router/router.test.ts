import { type Dialer, streamPair } from '@sapwood/transport-v1v2'
import { type PeerAddress, parsePeerAddress } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import type { NetworkName } from './networks.ts'
import { createRouter, type RouterOptions } from './router.ts'

const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
const I2P = 'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p'
const addresses: Readonly<Record<string, PeerAddress>> = {
  ipv4: parsePeerAddress('192.0.2.1:8333', { defaultPort: 8333 }),
  ipv6: parsePeerAddress('[2001:db8::1]:8333', { defaultPort: 8333 }),
  onion: parsePeerAddress(`${ONION}:8333`, { defaultPort: 8333 }),
  i2p: parsePeerAddress(`${I2P}:0`, { defaultPort: 8333 }),
  cjdns: { network: 'cjdns', bytes: Uint8Array.of(0xfc, ...new Uint8Array(15)), port: 8333 },
  yggdrasil: { network: 'yggdrasil', bytes: Uint8Array.of(2, ...new Uint8Array(15)), port: 8333 },
  name: { network: 'name', host: 'seed.example.org', port: 8333 },
}

/** Which dialer a router hands each address to; `-` where it refuses. */
async function routes(make: (dialer: (name: string) => Dialer) => RouterOptions): Promise<string> {
  let used = ''
  const dialer = (name: string): Dialer => ({
    dial: async () => {
      used = name
      return streamPair()[0]
    },
  })
  const router = createRouter(make(dialer))
  const shown: string[] = []
  for (const [name, address] of Object.entries(addresses)) {
    used = '-'
    await router.dial(address, { signal: new AbortController().signal }).catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'ProxyError', code: 'network-unreachable', retry: 'no' })
    })
    expect(router.canReach(address)).toBe(used !== '-')
    expect(router.routeOf(address) === undefined).toBe(used === '-')
    shown.push(`${name}:${used}`)
  }
  return shown.join(' ')
}

describe('createRouter', () => {
  it('dials directly what a direct dialer can', async () => {
    expect(await routes((d) => ({ direct: d('direct') }))).toBe(
      'ipv4:direct ipv6:direct onion:- i2p:- cjdns:- yggdrasil:- name:direct',
    )
    expect(await routes((d) => ({ direct: d('direct'), cjdns: true, yggdrasil: true }))).toBe(
      'ipv4:direct ipv6:direct onion:- i2p:- cjdns:direct yggdrasil:direct name:direct',
    )
  })

  it('sends everything but I2P through a proxy, with or without a direct dialer beside it (-proxy)', async () => {
    for (const direct of [{}, { direct: true }]) {
      expect(
        await routes((d) => ({
          proxy: d('proxy'),
          cjdns: true,
          yggdrasil: true,
          ...('direct' in direct && { direct: d('direct') }),
        })),
      ).toBe('ipv4:proxy ipv6:proxy onion:proxy i2p:- cjdns:proxy yggdrasil:proxy name:proxy')
    }
  })

  it('takes another proxy for onion services (-onion), or none (-noonion)', async () => {
    expect(await routes((d) => ({ proxy: d('proxy'), onion: d('tor') }))).toContain('onion:tor')
    expect(await routes((d) => ({ proxy: d('proxy'), onion: false }))).toContain('onion:-')
    expect(await routes((d) => ({ direct: d('direct'), onion: d('tor') }))).toBe(
      'ipv4:direct ipv6:direct onion:tor i2p:- cjdns:- yggdrasil:- name:direct',
    )
  })

  it('takes a proxy for each network, and resolves no name beside one (-proxy=…=network)', async () => {
    expect(await routes((d) => ({ direct: d('direct'), proxy: { ipv4: d('four') } }))).toBe(
      'ipv4:four ipv6:direct onion:- i2p:- cjdns:- yggdrasil:- name:four',
    )
    expect(await routes((d) => ({ direct: d('direct'), proxy: { onion: d('tor'), ipv6: d('six') } }))).toBe(
      'ipv4:direct ipv6:six onion:tor i2p:- cjdns:- yggdrasil:- name:six',
    )
    expect(await routes((d) => ({ direct: d('direct'), proxy: { onion: d('tor') } }))).toContain('name:-')
    expect(await routes((d) => ({ direct: d('direct'), proxy: {} }))).toContain('name:direct')
  })

  it('resolves no name where neither IPv4 nor IPv6 is wanted (-onlynet)', async () => {
    const onlyNet = (...names: NetworkName[]) => ({ onlyNet: names })
    expect(await routes((d) => ({ direct: d('direct'), onion: d('tor'), ...onlyNet('onion') }))).toContain(
      'name:tor',
    )
    expect(
      await routes((d) => ({ direct: d('direct'), i2p: d('sam'), onion: d('tor'), ...onlyNet('i2p') })),
    ).toContain('name:tor')
    expect(await routes((d) => ({ direct: d('direct'), i2p: d('sam'), ...onlyNet('i2p') }))).toContain(
      'name:-',
    )
    expect(await routes((d) => ({ direct: d('direct'), cjdns: true, ...onlyNet('cjdns') }))).toContain(
      'name:-',
    )
    expect(await routes((d) => ({ direct: d('direct'), ...onlyNet() }))).toContain('name:-')
    expect(
      await routes((d) => ({ direct: d('direct'), onion: d('tor'), ...onlyNet('onion', 'ipv6') })),
    ).toContain('name:direct')
    const dialer: Dialer = { dial: () => Promise.reject(new Error('unused')) }
    expect(createRouter({ direct: dialer, onion: dialer, onlyNet: ['onion'] }).resolvesNames).toBe(false)
  })

  it('takes a proxy for names alone', async () => {
    expect(await routes((d) => ({ direct: d('direct'), nameProxy: d('names') }))).toContain('name:names')
  })

  it('dials I2P only by SAM, and CJDNS by what is given for it', async () => {
    expect(await routes((d) => ({ i2p: d('sam'), cjdns: d('cjdns') }))).toBe(
      'ipv4:- ipv6:- onion:- i2p:sam cjdns:cjdns yggdrasil:- name:-',
    )
  })

  it('knows the network behind a name: none of these ever gets to DNS', async () => {
    const none = { dial: () => Promise.reject(new Error('not this one')) }
    const router = createRouter({ direct: none })
    for (const host of [
      ONION,
      ONION.toUpperCase(),
      `${ONION}.`,
      'onion',
      'sub.whatever.onion',
      'stats.i2p',
      I2P,
    ]) {
      expect(router.canReach({ network: 'name', host, port: 1 })).toBe(false)
    }
    const four = createRouter({ proxy: { ipv4: none } })
    expect(four.canReach({ network: 'name', host: '192.0.2.1', port: 1 })).toBe(true)
    expect(four.canReach({ network: 'name', host: '2001:db8::1', port: 1 })).toBe(false)
  })

  it('says which networks a node may pick addresses of', () => {
    const dialer: Dialer = { dial: () => Promise.reject(new Error('unused')) }
    expect([...createRouter({ direct: dialer }).reachable]).toEqual(['ipv4', 'ipv6'])
    expect([...createRouter({ proxy: dialer, i2p: dialer }).reachable]).toEqual([
      'ipv4',
      'ipv6',
      'torv3',
      'i2p',
    ])
    const onlyOnion = createRouter({ proxy: dialer, onlyNet: ['onion'] })
    expect([...onlyOnion.reachable]).toEqual(['torv3'])
    // As with Core, what a user asks for by hand is dialled all the same.
    expect(onlyOnion.routeOf(addresses['ipv4']!)).toBe('proxy')
    expect(createRouter({ direct: dialer }).resolvesNames).toBe(true)
    expect(createRouter({ direct: dialer, proxy: dialer }).resolvesNames).toBe(false)
    expect(createRouter({}).resolvesNames).toBe(false)
  })

  it.each([
    ['i2p', { direct: {} }],
    ['onion', { direct: {} }],
    ['cjdns', { direct: {} }],
    ['torv3', { proxy: {} }],
    ['constructor', { proxy: {} }],
  ])(
    'refuses onlyNet %s where nothing leads there',
    (name, { direct, proxy }: { direct?: object; proxy?: object }) => {
      const dialer: Dialer = { dial: () => Promise.reject(new Error('unused')) }
      const options = {
        ...(direct && { direct: dialer }),
        ...(proxy && { proxy: dialer }),
        onlyNet: [name as 'i2p'],
      }
      expect(() => createRouter(options)).toThrow(
        expect.objectContaining({ code: 'invalid-options', received: name }),
      )
    },
  )

  it('ends with the signal', async () => {
    const reason = new Error('enough')
    const router = createRouter({})
    await expect(router.dial(addresses['ipv4']!, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('leads to this machine without a proxy, where there is a direct way, and to no other that is not routable', async () => {
    const used: string[] = []
    const dialer = (name: string): Dialer => ({
      dial: async () => {
        used.push(name)
        return streamPair()[0]
      },
    })
    const router = createRouter({ direct: dialer('direct'), proxy: dialer('proxy') })
    const onlyProxy = createRouter({ proxy: dialer('proxy') })
    const { signal } = new AbortController()
    for (const text of ['127.0.0.1:1', '[::1]:1', '10.0.0.1:1', '[fe80::1]:1', 'localhost:1']) {
      await router.dial(parsePeerAddress(text, { defaultPort: 1 }), { signal })
    }
    await onlyProxy.dial(parsePeerAddress('127.0.0.1:1', { defaultPort: 1 }), { signal })
    expect(used).toEqual(['direct', 'direct', 'proxy', 'proxy', 'proxy', 'proxy'])
  })
})
