import { createSocks5Dialer, type ProxyError } from '@sapwood/proxy'
import { connect, type TransportError } from '@sapwood/transport-v1v2'
import { type NetworkAddress, regtest } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Dante, DANTE_CREDENTIALS, freePort, RegtestBitcoind, startDante } from '../../src/index.ts'

const loopback = (port: number): NetworkAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port,
})

describe('through a real Dante', () => {
  let bitcoind: RegtestBitcoind
  let server: Dante
  let blocked = 0
  beforeAll(async () => {
    blocked = await freePort()
    ;[bitcoind, server] = await Promise.all([
      RegtestBitcoind.start(),
      startDante({ blockedPorts: [blocked] }),
    ])
  })
  afterAll(async () => {
    await server.stop()
    await bitcoind.stop()
  })

  const dialer = (password: string = DANTE_CREDENTIALS.password, ipAs: 'name' | 'binary' = 'name') =>
    createSocks5Dialer({
      proxy: { host: server.host, port: server.port },
      auth: { ...DANTE_CREDENTIALS, password },
      ipAs,
    })
  const refusal = async (port: number, password?: string): Promise<ProxyError> =>
    await dialer(password)
      .dial(loopback(port), { signal: new AbortController().signal })
      .then(
        () => expect.unreachable('it was connected'),
        (error: unknown) => error as ProxyError,
      )

  it.each(['name', 'binary'] as const)('v2 to a real bitcoind, the address as %s', async (ipAs) => {
    const connection = await connect(bitcoind.p2pAddress, {
      dialer: dialer(undefined, ipAs),
      network: regtest,
    })
    expect(connection.protocol).toBe('v2')
    // It has a peer before it has read the end of our handshake.
    await expect
      .poll(() => bitcoind.rpc('getpeerinfo'))
      .toMatchObject([{ session_id: Buffer.from(connection.sessionId!).toString('hex') }])
    connection.abort(new Error('seen'))
    await expect.poll(() => bitcoind.rpc('getpeerinfo'), { timeout: 10_000 }).toEqual([])
    expect(server.log()).toContain(`username%${DANTE_CREDENTIALS.username}@127.0.0.1`)
  })

  it('a refusal by rule, a refusal by the peer, a wrong password and none', async () => {
    expect(await refusal(blocked)).toMatchObject({ code: 'not-allowed', reply: 2, retry: 'no' })
    expect(await refusal(await freePort())).toMatchObject({
      code: 'connection-refused',
      reply: 5,
      retry: 'later',
    })
    expect(await refusal(bitcoind.p2pPort, 'wrong')).toMatchObject({
      code: 'authentication-failed',
      retry: 'no',
    })
    const without = createSocks5Dialer({ proxy: { host: server.host, port: server.port } })
    await expect(
      without.dial(bitcoind.p2pAddress, { signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: 'no-acceptable-method' })
  })

  it('keeps the reason in what connect throws', async () => {
    const failed = connect(loopback(blocked), { dialer: dialer(), network: regtest })
    const error = await failed.catch((reason: unknown) => reason as TransportError)
    expect(error).toMatchObject({ code: 'dial-failed', cause: { code: 'not-allowed', reply: 2 } })
  })
})
