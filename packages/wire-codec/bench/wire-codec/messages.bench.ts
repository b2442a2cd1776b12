import { decodePayload, encodePayload, type Message } from '@sapwood/wire-codec'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { bcoin, bitcoinjs } from './peers.ts'

const VECTORS = join(import.meta.dirname, '../../test/vectors')
const HEADERS = 2_000
const INVENTORY = 50_000
const ADDRESSES = 1_000

async function bench(emit: Emit): Promise<void> {
  await headers(emit)
  await lists(emit)
  await small(emit)
}

/** 2,000 headers of signet in one message. */
async function headers(emit: Emit): Promise<void> {
  const file = readFileSync(join(VECTORS, 'signet-0-2015.bin'))
  const raw = Array.from({ length: HEADERS }, (_, i) => file.subarray(80 * i, 80 * (i + 1)))
  const payload = new Uint8Array(3 + 81 * HEADERS)
  payload.set([0xfd, HEADERS & 0xff, HEADERS >> 8])
  raw.forEach((header, i) => payload.set(header, 3 + 81 * i))
  const millions = {
    unit: 'M headers/s',
    better: 'higher',
    toFigure: (s: number) => HEADERS / 1e6 / s,
  } as const
  const decoded = decodePayload('headers', payload)
  const parsed = raw.map((bytes) => bitcoinjs.Block.fromBuffer(bytes))
  const buffer = Buffer.from(payload)
  const packet = bcoin.packets['HeadersPacket']!.fromRaw(buffer)
  await compare(
    {
      ...millions,
      name: 'decode-headers',
      ours: { name: 'sapwood', run: () => listOf(decodePayload('headers', payload)) },
      references: [
        { name: 'bitcoinjs-lib', run: () => raw.map((bytes) => bitcoinjs.Block.fromBuffer(bytes)) },
        { name: 'bcoin', run: () => bcoin.packets['HeadersPacket']!.fromRaw(buffer) },
      ],
    },
    emit,
  )
  await compare(
    {
      ...millions,
      name: 'encode-headers',
      ours: { name: 'sapwood', run: () => encodePayload(decoded) },
      references: [
        { name: 'bitcoinjs-lib', run: () => parsed.map((header) => header.toBuffer(true)) },
        { name: 'bcoin', run: () => packet.toRaw() },
      ],
    },
    emit,
  )
}

/** The largest lists; bcoin has no addrv2, so that its addr stands beside it. */
async function lists(emit: Emit): Promise<void> {
  const hash = (i: number): Uint8Array => new Uint8Array(32).fill(i)
  const inv = encodePayload({
    type: 'inv',
    inventory: Array.from({ length: INVENTORY }, (_, i) => ({ type: 5, hash: hash(i) })),
  }).payload
  const addresses = Array.from({ length: ADDRESSES }, (_, i) => ({
    time: 1_700_000_000 + i,
    services: 0xc09n,
    address: { network: 'ipv4', bytes: Uint8Array.of(203, 0, i >> 8, i), port: 8333 } as const,
  }))
  const addr = encodePayload({ type: 'addr', addresses }).payload
  const addrv2 = encodePayload({ type: 'addrv2', addresses }).payload
  const millions = (count: number) =>
    ({ unit: 'M entries/s', better: 'higher', toFigure: (s: number) => count / 1e6 / s }) as const
  await both('inv', inv, 'InvPacket', inv, millions(INVENTORY), emit)
  await both('addr', addr, 'AddrPacket', addr, millions(ADDRESSES), emit)
  await both('addrv2', addrv2, 'AddrPacket', addr, millions(ADDRESSES), emit)
}

/** Messages that are all overhead. */
async function small(emit: Emit): Promise<void> {
  const nanoseconds = { unit: 'ns', better: 'lower', toFigure: (s: number) => s * 1e9 } as const
  const address = { services: 9n, ip: new Uint8Array(16), port: 8333 }
  const messages: readonly (readonly [Message, string])[] = [
    [{ type: 'ping', nonce: 0x0123_4567_89ab_cdefn }, 'PingPacket'],
    [{ type: 'inv', inventory: [{ type: 5, hash: new Uint8Array(32) }] }, 'InvPacket'],
    [{ type: 'feefilter', feeRate: 1000n }, 'FeeFilterPacket'],
    [
      {
        type: 'version',
        version: 70_016,
        services: 9n,
        time: 1_700_000_000,
        receiver: address,
        sender: address,
        nonce: 1n,
        userAgent: '/Sapwood:0.1.0/',
        startHeight: 928_816,
        relay: true,
      },
      'VersionPacket',
    ],
  ]
  for (const [message, packet] of messages) {
    const { payload } = encodePayload(message)
    await both(`small-${message.type}`, payload, packet, payload, nanoseconds, emit)
  }
}

/** Lists are made when they are first read: here they always are. */
function listOf(message: Message): unknown {
  switch (message.type) {
    case 'headers':
      return message.headers
    case 'inv':
      return message.inventory
    case 'addr':
    case 'addrv2':
      return message.addresses
    default:
      return message
  }
}

interface Speed {
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly toFigure: (seconds: number) => number
}

/** Decoding and encoding of one payload, beside bcoin's packet of `theirs`. */
async function both(
  name: string,
  payload: Uint8Array,
  packet: string,
  theirs: Uint8Array,
  speed: Speed,
  emit: Emit,
): Promise<void> {
  const command = name.replace('small-', '')
  const Packet = bcoin.packets[packet]!
  const buffer = Buffer.from(theirs)
  const message = decodePayload(command, payload)
  const parsed = Packet.fromRaw(buffer)
  const referenceName = `bcoin ${packet}`
  await compare(
    {
      ...speed,
      name: `decode-${name}`,
      ours: { name: 'sapwood', run: () => listOf(decodePayload(command, payload)) },
      references: [{ name: referenceName, run: () => Packet.fromRaw(buffer) }],
    },
    emit,
  )
  await compare(
    {
      ...speed,
      name: `encode-${name}`,
      ours: { name: 'sapwood', run: () => encodePayload(message) },
      references: [{ name: referenceName, run: () => parsed.toRaw() }],
    },
    emit,
  )
}

export default bench
