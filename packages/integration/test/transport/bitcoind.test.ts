import {
  accept,
  type ByteStream,
  connect,
  eagerFallback,
  neverFallback,
  onlyV1,
  type Shaping,
  type Transport,
} from '@sapwood/transport-v1v2'
import { createTcpDialer, listenTcp } from '@sapwood/transport-v1v2/tcp'
import { bytesToHex, regtest } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { acceptVersions, exchangeVersions, readUntil, sendMessage } from './version-exchange.ts'

interface PeerInfo {
  readonly inbound: boolean
  readonly session_id: string
  readonly transport_protocol_type: string
  readonly subver: string
}

const dialer = createTcpDialer()

/** A decoy before and one after each message. */
const decoysAround: Shaping = { plan: () => ({ before: [0], after: [1_000] }) }

async function pingPong(transport: Transport, nonce: bigint): Promise<void> {
  sendMessage(transport, { type: 'ping', nonce })
  const messages = await readUntil(transport, 'pong')
  expect(messages.at(-1)).toEqual({ type: 'pong', nonce })
}

describe('with bitcoind', () => {
  let bitcoind: RegtestBitcoind

  beforeAll(async () => {
    bitcoind = await RegtestBitcoind.start()
  }, 120_000)

  afterAll(async () => {
    await bitcoind.stop()
  })

  const onlyPeer = async (): Promise<PeerInfo> => {
    const peers = await bitcoind.rpc<PeerInfo[]>('getpeerinfo')
    expect(peers).toHaveLength(1)
    return peers[0]!
  }
  const gone = async (): Promise<void> => {
    while ((await bitcoind.rpc<PeerInfo[]>('getpeerinfo')).length > 0) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it.each([
    ['no garbage', { garbageLength: 0 }],
    ['random garbage', {}],
    [
      'full garbage, decoys before the version packet and around every message',
      {
        garbageLength: 4_095,
        handshakeDecoys: [0, 1, 70_000],
        shaping: decoysAround,
      },
    ],
  ])('speaks v2 as the initiator: %s', async (_, options) => {
    const connection = await connect(bitcoind.p2pAddress, {
      dialer,
      network: regtest,
      fallback: neverFallback,
      ...options,
    })
    expect(connection.protocol).toBe('v2')
    const version = await exchangeVersions(connection)
    expect(version.userAgent).toMatch(/Satoshi/)
    const peer = await onlyPeer()
    expect(peer.session_id).toBe(bytesToHex(connection.sessionId!))
    expect(peer.transport_protocol_type).toBe('v2')
    // Past the first change of key in both directions.
    for (let nonce = 1n; nonce <= 230n; nonce++) await pingPong(connection, nonce)
    expect(connection.stats().rekeys).toBeGreaterThanOrEqual(2)
    await connection.writer.close()
    expect(await connection.reader.read()).toBeNull()
    await gone()
  })

  it('speaks v1 as the initiator', async () => {
    const connection = await connect(bitcoind.p2pAddress, { dialer, network: regtest, fallback: onlyV1 })
    await exchangeVersions(connection)
    expect((await onlyPeer()).transport_protocol_type).toBe('v1')
    await pingPong(connection, 7n)
    connection.abort(new Error('done'))
    await gone()
  })

  it.each([
    ['v2', true],
    ['v1', false],
  ])('answers in %s when bitcoind dials', async (protocol, v2) => {
    const streams: ByteStream[] = []
    let arrived = (): void => undefined
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    await using listener = await listenTcp({}, (stream) => {
      streams.push(stream)
      arrived()
    })
    await bitcoind.rpc('addnode', `127.0.0.1:${listener.port}`, 'onetry', v2)
    await arrival
    const transport = await accept(streams[0]!, {
      network: regtest,
      handshakeDecoys: [5, 0],
      shaping: decoysAround,
    })
    expect(transport.protocol).toBe(protocol)
    await acceptVersions(transport)
    const peer = await onlyPeer()
    expect(peer.inbound).toBe(false)
    if (v2) expect(peer.session_id).toBe(bytesToHex(transport.sessionId!))
    await pingPong(transport, 9n)
    await transport.writer.close()
    transport.abort(new Error('done'))
    await gone()
  })
})

describe('with a bitcoind that has no v2', () => {
  let bitcoind: RegtestBitcoind

  beforeAll(async () => {
    bitcoind = await RegtestBitcoind.start({ args: ['-v2transport=0'] })
  }, 120_000)

  afterAll(async () => {
    await bitcoind.stop()
  })

  it.each([undefined, eagerFallback])('falls back to v1 on a new stream', async (fallback) => {
    const connection = await connect(bitcoind.p2pAddress, {
      dialer,
      network: regtest,
      ...(fallback !== undefined && { fallback }),
    })
    expect(connection.protocol).toBe('v1')
    expect(connection.attempts).toMatchObject([
      { protocol: 'v2', phase: 'key', bytesReceived: 0 },
      { protocol: 'v1', phase: 'application' },
    ])
    await exchangeVersions(connection)
    connection.abort(new Error('done'))
  })

  it('reports it when falling back is not allowed', async () => {
    const refused = connect(bitcoind.p2pAddress, { dialer, network: regtest, fallback: neverFallback })
    await expect(refused).rejects.toMatchObject({
      name: 'TransportError',
      phase: 'key',
      attempts: [{ protocol: 'v2', bytesReceived: 0 }],
    })
  })
})
