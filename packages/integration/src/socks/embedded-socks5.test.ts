import { regtest } from '@sapwood/wire-codec'
import { createSocks5Dialer } from '@sapwood/proxy'
import { connect } from '@sapwood/transport-v1v2'
import { describe, expect, it } from 'vitest'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import { startRegtestPeer } from '../regtest/regtest-peer.ts'
import { startEmbeddedSocks5 } from './embedded-socks5.ts'

describe('the embedded SOCKS5 server', () => {
  it('relays, and remembers the credentials of each connection', async () => {
    await using server = await startEmbeddedSocks5()
    await using peer = await startRegtestPeer({ chain: new RegtestChain({ blocks: 1 }) })
    const dialer = createSocks5Dialer({ proxy: server, isolation: 'per-connection' })
    for (let i = 0; i < 2; i++) {
      const transport = await connect(peer.address, { dialer, network: regtest })
      expect(transport.protocol).toBe('v2')
      transport.abort(new Error('done'))
    }
    const seen = server.connections()
    expect(seen.map(({ target }) => target)).toEqual([`127.0.0.1:${peer.port}`, `127.0.0.1:${peer.port}`])
    expect(new Set(seen.map(({ username }) => username)).size).toBe(2)
    expect(seen[0]!.username).toBeTruthy()
  })

  it('turns a wrong password away', async () => {
    await using server = await startEmbeddedSocks5({ auth: { username: 'a', password: 'b' } })
    const dialer = createSocks5Dialer({ proxy: server, auth: { username: 'a', password: 'c' } })
    const dialled = dialer.dial(
      { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 1 },
      { signal: new AbortController().signal },
    )
    await expect(dialled).rejects.toMatchObject({ code: 'authentication-failed' })
    expect(server.connections()).toEqual([])
  })
})
