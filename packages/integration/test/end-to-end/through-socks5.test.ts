import { hashToHex } from '@sapwood/wire-codec'
import { createSocks5Dialer, isProxyError } from '@sapwood/proxy'
import { isTransportError } from '@sapwood/transport-v1v2'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind, startMicrosocks } from '../../src/index.ts'
import { LoopbackListener, startNode } from './start-node.ts'

const auth = { username: 'alice', password: 'secret' }

describe('through a real SOCKS5 server', () => {
  it('our node reaches bitcoind with username and password, over v2', async () => {
    await using server = await startMicrosocks(auth)
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(30)
    const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port }, auth })
    await using node = await startNode({}, { dialer })
    await node.network.connectPeer(bitcoind.p2pAddress)
    await node.chain.waitForHeight(30)
    expect(node.peers()[0]!.transport).toBe('v2')
    expect(hashToHex(node.chain.tip().hash)).toBe(await bitcoind.rpc('getbestblockhash'))
    const [theirs] = await bitcoind.rpc<{ session_id: string }[]>('getpeerinfo')
    expect(theirs!.session_id).toBe(node.peers()[0]!.sessionId)
    expect(server.connections()).toEqual([`127.0.0.1:${bitcoind.p2pPort}`])
  })

  it('falls back to v1 through it', async () => {
    await using server = await startMicrosocks(auth)
    await using bitcoind = await RegtestBitcoind.start({ args: ['-v2transport=0'] })
    const dialer = createSocks5Dialer({ proxy: { host: server.host, port: server.port }, auth })
    await using node = await startNode({}, { dialer })
    await node.network.connectPeer(bitcoind.p2pAddress)
    expect(node.peers()[0]!.transport).toBe('v1')
    expect(server.connections()).toHaveLength(2)
  })

  it('bitcoind reaches our node through it', async () => {
    await using server = await startMicrosocks()
    const listener = new LoopbackListener()
    await using node = await startNode({}, { listeners: [listener] })
    await using bitcoind = await RegtestBitcoind.start({
      args: [`-proxy=127.0.0.1:${server.port}`, '-proxyrandomize=0'],
    })
    const ready = node.events.next('peer-ready', { timeout: 30_000 })
    // By name: bitcoind does not use its proxy for addresses that are not of the internet.
    await bitcoind.rpc('addnode', `localhost:${listener.address!.port}`, 'onetry', true)
    expect(await ready).toMatchObject({ kind: 'inbound', protocol: 'v2' })
    expect(server.connections()).toEqual([`localhost:${listener.address!.port}`])
  })

  it('a wrong password is an error of its own, and reaches nobody', async () => {
    await using server = await startMicrosocks(auth)
    await using bitcoind = await RegtestBitcoind.start()
    const dialer = createSocks5Dialer({
      proxy: { host: server.host, port: server.port },
      auth: { ...auth, password: 'wrong' },
    })
    await using node = await startNode({}, { dialer })
    const failed = node.events.next('connection-failed', { timeout: 30_000 })
    await node.addPeer(bitcoind.p2pAddress, { once: true })
    const { error } = await failed
    const cause = isTransportError(error) ? error.cause : error
    expect(isProxyError(cause) && cause.code).toBe('authentication-failed')
    expect(String(cause)).not.toContain('wrong')
    expect(server.connections()).toEqual([])
    expect(await bitcoind.rpc('getpeerinfo')).toEqual([])
  })
})
