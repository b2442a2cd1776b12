import { createHook } from 'node:async_hooks'
import { Socket } from 'node:net'
import { createNode } from '@sapwood/node'
import { createRouter, createSocks5Dialer } from '@sapwood/proxy'
import type { Dialer } from '@sapwood/transport-v1v2'
import type { Resolver } from '@sapwood/transport-v1v2/environment'
import { regtest } from '@sapwood/wire-codec'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { ForwardClock } from '../support/forward-clock.ts'
import { RecordingSocks5 } from './recording-socks5.ts'

/** Longer than seed nodes have before DNS is asked (Core). */
const HEAD_START = 31_000
const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'

afterEach(() => vi.restoreAllMocks())

describe('with a proxy set', () => {
  it('a whole node start resolves no name and connects to nothing but the proxy', async () => {
    // v1 only: our v2 is answered by the end of the connection, so the node dials a second time.
    await using bitcoind = await RegtestBitcoind.start({ args: ['-v2transport=0'] })
    await bitcoind.mine(5)
    await using proxy = await new RecordingSocks5().start()
    proxy.routes.set('peer.example.org', bitcoind.p2pPort)

    const leaks: string[] = []
    const direct: Dialer = {
      dial: async ({ network }) => {
        leaks.push(`direct dial of a ${network} address`)
        throw new Error('nothing is to be dialled directly')
      },
    }
    const resolver: Resolver = {
      resolve: async (host) => {
        leaks.push(`resolved ${host}`)
        throw new Error('nothing is to be resolved')
      },
    }
    const opened = watchSockets()
    const lookups = watchLookups()
    const dialer = createRouter({
      direct,
      proxy: createSocks5Dialer({ proxy: { host: '127.0.0.1', port: proxy.port }, tor: true }),
    })
    const time = new ForwardClock()
    const node = await createNode(
      {
        network: regtest,
        dnsSeeds: ['seed.one.example.org', 'seed.two.example.org'],
        seedNodes: ['seednode.example.org'],
        addPeers: ['peer.example.org', '192.0.2.9:8333', '[2001:db8::9]:8333', `${ONION}:8333`],
      },
      { dialer, resolver, clock: time.clock },
    )
    try {
      await node.chain.waitForHeight(5, { timeout: 60_000 })
      const atFirst = ['seednode.example.org', 'peer.example.org', '192.0.2.9', '2001:db8::9', ONION]
      const asked = (): ReadonlySet<string> => new Set(proxy.asked.map(({ host }) => host))
      await expect.poll(asked, { timeout: 60_000, interval: 20 }).toEqual(new Set(atFirst))
      time.putForward(HEAD_START)
      const names = ['seed.one.example.org', 'seed.two.example.org']
      await expect.poll(asked, { timeout: 60_000, interval: 20 }).toEqual(new Set([...atFirst, ...names]))
    } finally {
      await node.stop()
      lookups.stop()
    }

    expect(leaks).toEqual([])
    expect(lookups.count).toBe(0)
    // The rest is this process playing the proxy, and its RPC client.
    const others = opened().filter((port) => port !== bitcoind.p2pPort && port !== bitcoind.rpcPort)
    expect(new Set(others)).toEqual(new Set([proxy.port]))
    // Everything went as a name, isolated from everything else; the v1 redial kept the isolation of its first
    // attempt.
    expect(proxy.asked.every(({ addressType, username }) => addressType === 3 && username !== '')).toBe(true)
    const toPeer = proxy.asked
      .filter(({ host }) => host === 'peer.example.org')
      .map(({ username }) => username)
    expect(toPeer.length).toBeGreaterThanOrEqual(2)
    expect(toPeer[1]).toBe(toPeer[0])
    const firstOfEach = [
      'seed.one.example.org',
      'seed.two.example.org',
      'peer.example.org',
      '192.0.2.9',
      ONION,
    ].map((name) => proxy.asked.find(({ host }) => host === name)!.username)
    expect(new Set(firstOfEach).size).toBe(firstOfEach.length)
  })
})

/** Ports that any socket of this process is connected to from here on. */
function watchSockets(): () => readonly number[] {
  const connect = vi.spyOn(Socket.prototype, 'connect')
  return () =>
    connect.mock.calls.map((args: readonly unknown[]) => {
      // `net.connect` hands its arguments on as an array of options and callback.
      const [options] = args.flat() as [{ readonly port?: number }]
      return options.port ?? -1
    })
}

/** Counts the questions that this process asks of any resolver: the operating system's, or DNS itself. */
function watchLookups(): { readonly count: number; stop(): void } {
  let count = 0
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'GETADDRINFOREQWRAP' || type === 'GETNAMEINFOREQWRAP' || type === 'QUERYWRAP') count += 1
    },
  }).enable()
  return {
    get count() {
      return count
    },
    stop: () => void hook.disable(),
  }
}
