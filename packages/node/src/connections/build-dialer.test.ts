import { parsePeerAddress } from '@sapwood/wire-codec'
import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { buildDialer } from './build-dialer.node.ts'
import type { ReachOptions } from './reach-options.ts'

const proxy = { host: '127.0.0.1', port: 9050 }
const address = (text: string) => parsePeerAddress(text, { defaultPort: 8333 })
const v4 = address('203.0.113.7')
const onion = address('kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion')
const i2p = address('ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p')
const name = address('seed.example')

function build(options: ReachOptions) {
  return buildDialer(options, {
    clock: createVirtualClock(),
    random: createSeededRandom(1),
    logger: silentLogger,
    resolver: { resolve: () => Promise.resolve([]) },
  })
}

function routes(options: ReachOptions) {
  const router = build(options)
  return {
    of: [v4, onion, i2p, name].map((to) => router.routeOf(to)),
    reachable: [...router.reachable].sort(),
    resolvesNames: router.resolvesNames,
  }
}

describe('how peers are reached', () => {
  it.each<[string, ReachOptions, ReturnType<typeof routes>]>([
    [
      'directly',
      {},
      { of: ['direct', undefined, undefined, 'direct'], reachable: ['ipv4', 'ipv6'], resolvesNames: true },
    ],
    [
      'through one proxy',
      { proxy },
      {
        of: ['proxy', 'proxy', undefined, 'proxy'],
        reachable: ['ipv4', 'ipv6', 'torv3'],
        resolvesNames: false,
      },
    ],
    [
      'onion services through their own proxy',
      { onion: { ...proxy, auth: { username: 'a', password: 'b' } } },
      {
        of: ['direct', 'proxy', undefined, 'direct'],
        reachable: ['ipv4', 'ipv6', 'torv3'],
        resolvesNames: true,
      },
    ],
    [
      'no onion services',
      { proxy, onion: false },
      { of: ['proxy', undefined, undefined, 'proxy'], reachable: ['ipv4', 'ipv6'], resolvesNames: false },
    ],
    [
      'I2P, and only that by itself',
      { i2p: {}, onlyNet: ['i2p'] },
      { of: ['direct', undefined, 'i2p', undefined], reachable: ['i2p'], resolvesNames: false },
    ],
    [
      'onion services, and only those by itself, names with them',
      { onion: proxy, onlyNet: ['onion'] },
      { of: ['direct', 'proxy', undefined, 'proxy'], reachable: ['torv3'], resolvesNames: false },
    ],
    [
      'onion services and IPv6 by itself',
      { onion: proxy, onlyNet: ['onion', 'ipv6'] },
      { of: ['direct', 'proxy', undefined, 'direct'], reachable: ['ipv6', 'torv3'], resolvesNames: true },
    ],
  ])('%s', (_, options, expected) => {
    expect(routes(options)).toEqual(expected)
  })

  it.each<[string, ReachOptions, boolean]>([
    ['nothing', {}, false],
    ['one proxy', { proxy }, true],
    ['a proxy that is not for onion services', { proxy, onion: false }, false],
    ['a proxy of onion services', { onion: proxy }, true],
    ['I2P', { i2p: {} }, false],
  ])('with %s: IPv4 over Tor or not', (_, options, expected) => {
    expect(build(options).overTor !== undefined).toBe(expected)
  })

  it('refuses what cannot be', () => {
    expect(() => routes({ onlyNet: ['onion'] })).toThrow(expect.objectContaining({ name: 'ProxyError' }))
  })
})
