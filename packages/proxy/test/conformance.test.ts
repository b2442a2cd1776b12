import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { ByteStream, Dialer } from '@sapwood/transport-v1v2'
import { AsyncQueue } from '@sapwood/transport-v1v2/environment'
import { type DialerFixture, describeDialer } from '@sapwood/transport-v1v2/conformance'
import { listenTcp } from '@sapwood/transport-v1v2/tcp'
import type { PeerAddress } from '@sapwood/wire-codec'
import { createRouter, createSamDialer, createSamSession, createSocks5Dialer } from '../src/index.ts'
import { type ScriptedPeer, type ScriptedServer, scriptedServer } from './scripted-server.ts'

const loopback = (port: number): PeerAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port,
})

/** A listener that plays the peers, and the end of each connection to it, in order. */
async function startPeer() {
  const arrived = new AsyncQueue<ByteStream>()
  const listener = await listenTcp({}, (stream) => arrived.push(stream))
  return { listener, accepted: async (): Promise<ByteStream> => (await arrived.take(undefined))! }
}

/** Joins a client to a port of this machine, and says `done` before the first byte of it. */
async function forward(client: ScriptedPeer, port: number, done: string | Uint8Array): Promise<void> {
  const target = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  await once(target, 'connect')
  client.write(done)
  client.socket.pipe(target)
  target.pipe(client.socket)
  client.socket.on('error', () => target.destroy())
  target.on('error', () => client.socket.destroy())
  client.socket.on('close', () => target.destroy())
  target.on('close', () => client.socket.destroy())
  await client.gone
}

async function relayingSocks5(peer: ScriptedPeer): Promise<void> {
  const [, count = 0] = await peer.read(2)
  await peer.read(count)
  peer.write([5, 0])
  const [, , , , length = 0] = await peer.read(5)
  await peer.read(length)
  const [high = 0, low = 0] = await peer.read(2)
  await forward(peer, high * 256 + low, Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)).catch(() =>
    peer.write([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]),
  )
}

async function fixture(server: ScriptedServer, make: () => Promise<Dialer> | Dialer): Promise<DialerFixture> {
  const { listener, accepted } = await startPeer()
  const closed = await listenTcp({}, () => undefined)
  await closed.close()
  return {
    dialer: await make(),
    address: loopback(listener.port),
    refusing: loopback(closed.port),
    accepted,
    close: async () => {
      await listener.close()
      await server.close()
    },
  }
}

describeDialer('SOCKS5', {
  open: async () => {
    const server = await scriptedServer(relayingSocks5)
    return await fixture(server, () =>
      createSocks5Dialer({ proxy: { host: server.host, port: server.port } }),
    )
  },
})

describeDialer('SOCKS5 on a unix socket, through a router', {
  open: async () => {
    const server = await scriptedServer(relayingSocks5, { unix: true })
    return await fixture(server, () =>
      createRouter({ proxy: createSocks5Dialer({ proxy: { path: server.path } }), onlyNet: ['ipv4'] }),
    )
  },
})

const destinationOf = (seed: number): Buffer =>
  Buffer.concat([Buffer.alloc(384, seed), Buffer.from([5, 0, 4, 0, 7, 0, 0])])
const text = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '~')

/** A SAM bridge on which every destination but that of seed 9 is `port`. */
async function relayingSam(peer: ScriptedPeer, port: number): Promise<void> {
  for (;;) {
    const line = await peer.readLine()
    const command = line.split(' ', 2).join(' ')
    if (command === 'HELLO VERSION') peer.write('HELLO REPLY RESULT=OK VERSION=3.1\n')
    if (command === 'DEST GENERATE') peer.write(`DEST REPLY PUB=x PRIV=${text(destinationOf(1))}\n`)
    if (command === 'SESSION CREATE') peer.write('SESSION STATUS RESULT=OK\n')
    if (command === 'NAMING LOOKUP') {
      const seed = line.includes(samName(9)) ? 9 : 2
      peer.write(`NAMING REPLY RESULT=OK VALUE=${text(destinationOf(seed))}\n`)
    }
    if (command === 'STREAM CONNECT') {
      if (line.includes(text(destinationOf(9)))) peer.write('STREAM STATUS RESULT=CANT_REACH_PEER\n')
      else await forward(peer, port, 'STREAM STATUS RESULT=OK\n')
      return
    }
  }
}

const samHash = (seed: number): Uint8Array =>
  new Uint8Array(createHash('sha256').update(destinationOf(seed)).digest())
const samAddress = (seed: number): PeerAddress => ({ network: 'i2p', bytes: samHash(seed), port: 0 })

/** Its `.b32.i2p` name starts with this. */
function samName(seed: number): string {
  const bits = [...samHash(seed).subarray(0, 5)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
    .join('')
}

for (const [name, transient] of [
  ['SAM, transient', true],
  ['SAM, a session', false],
] as const) {
  describeDialer(name, {
    open: async () => {
      const { listener, accepted } = await startPeer()
      const server = await scriptedServer((peer) => relayingSam(peer, listener.port))
      const sam = { host: server.host, port: server.port }
      const session = transient ? undefined : await createSamSession({ sam })
      return {
        dialer: session?.dialer ?? createSamDialer({ sam }),
        address: samAddress(2),
        refusing: samAddress(9),
        accepted,
        close: async () => {
          await session?.close()
          await listener.close()
          await server.close()
        },
      }
    },
  })
}
