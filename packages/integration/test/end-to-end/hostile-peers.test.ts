import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { mainnet, type NetworkAddress, regtest } from '@sapwood/wire-codec'
import { isTransportError, onlyV1 } from '@sapwood/transport-v1v2'
import { afterEach, describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { startNode } from './start-node.ts'

const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = []

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
})

/** Somebody on 127.0.0.1 who says `bytes` to whoever connects, and then nothing. */
async function startHostile(bytes: Uint8Array): Promise<NetworkAddress> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.resume()
    if (bytes.length > 0) socket.write(bytes)
  })
  servers.push({ server, sockets })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port }
}

/** The 24 bytes of a v1 message header. */
function v1Header(magic: Uint8Array, command: string, length: number): Uint8Array {
  const header = new Uint8Array(24)
  header.set(magic)
  header.set(new TextEncoder().encode(command), 4)
  new DataView(header.buffer).setUint32(16, length, true)
  return header
}

/** Bytes that are no v2 handshake: no terminator among them is possible but by a chance of one in 2^128. */
const GARBAGE = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff)

const cases = [
  { what: 'garbage', bytes: GARBAGE, v1: false, code: 'garbage-unterminated' },
  { what: 'garbage instead of a v1 header', bytes: GARBAGE, v1: true, code: 'wrong-magic' },
  {
    what: 'an oversized length',
    bytes: v1Header(regtest.magic, 'version', 4_000_001),
    v1: true,
    code: 'message-too-large',
  },
  {
    what: 'the largest length there is',
    bytes: v1Header(regtest.magic, 'version', 0xffff_ffff),
    v1: true,
    code: 'message-too-large',
  },
  {
    what: 'the magic of another network',
    bytes: v1Header(mainnet.magic, 'version', 100),
    v1: true,
    code: 'wrong-magic',
  },
  { what: 'nothing at all', bytes: new Uint8Array(0), v1: false, code: 'handshake-timeout' },
] as const

describe('a peer that sends', () => {
  it.each(cases)(
    '$what ends with its own reason ($code), and the node goes on',
    async ({ bytes, v1, code }) => {
      const hostile = await startHostile(bytes)
      await using bitcoind = await RegtestBitcoind.start()
      await bitcoind.mine(10)
      await using node = await startNode({
        timeouts: { connect: { attempt: 1_500, total: 3_000 }, peer: { handshake: 2_000 } },
        ...(v1 && { fallback: onlyV1 }),
      })
      const failed = node.events.next('connection-failed', { timeout: 30_000 })
      const ended = node.events.next('peer-disconnected', { timeout: 30_000 })
      ended.catch(() => undefined)
      failed.catch(() => undefined)
      await node.addPeer(hostile, { once: true })
      const reason = await Promise.race([
        failed.then(({ error }) => (isTransportError(error) ? error.code : error.message)),
        ended.then((event) =>
          event.reason.code === 'transport-failed' ? event.reason.transportCode : event.reason.code,
        ),
      ])
      expect(reason).toBe(code)
      await node.network.connectPeer(bitcoind.p2pAddress)
      await node.chain.waitForHeight(10)
      expect(node.peers()).toHaveLength(1)
    },
  )

  it('nothing at all on a v1 connection ends at the deadline of the version handshake', async () => {
    const hostile = await startHostile(new Uint8Array(0))
    await using node = await startNode({ fallback: onlyV1, timeouts: { peer: { handshake: 1_000 } } })
    const ended = node.events.next('peer-disconnected', { timeout: 30_000 })
    await node.addPeer(hostile, { once: true })
    const { reason } = await ended
    expect(reason).toMatchObject({ code: 'handshake-timeout', state: 'awaiting-version', timeout: 1_000 })
  })
})
