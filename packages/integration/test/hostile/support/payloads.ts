import { randomBytes } from 'node:crypto'
import {
  asBlockHash,
  asTxid,
  type BlockHash,
  ByteWriter,
  type NetworkAddress,
  Services,
  type Transaction,
} from '@sapwood/wire-codec'
import { honest, message } from './raw-peer.ts'
import type { HostileMessage } from './v1-frame.ts'

/** Most bytes of a payload (`MAX_PAYLOAD_SIZE`), less some for the head of a message. */
export const NEARLY_LARGEST = 3_900_000

/** Payloads of which everything is random but their length. */
export function junk(command: string, length: number): HostileMessage {
  return message(command, randomBytes(length))
}

/** A message with bytes behind its end, as many as fit. */
export function withTail(
  { command, payload }: HostileMessage,
  length: number = NEARLY_LARGEST,
): HostileMessage {
  return { command, payload: Buffer.concat([payload, new Uint8Array(length)]) }
}

/** A list of hashes that nobody has; made as bytes, since an attack may need hundreds of long ones. */
export function list(command: 'inv' | 'getdata' | 'notfound', count: number, type: number): HostileMessage {
  const head = new ByteWriter().compactSize(count).finish()
  const payload = Buffer.concat([head, randomBytes(36 * count)])
  for (let index = 0; index < count; index++) payload.writeUInt32LE(type, head.length + 36 * index)
  return message(command, payload)
}

export function randomHash(): BlockHash {
  return asBlockHash(new Uint8Array(randomBytes(32)))
}

/** Addresses of a moment ago, all over the world. */
export function gossip(type: 'addr' | 'addrv2', count: number): HostileMessage {
  const random = randomBytes(4 * count)
  const address = (index: number): NetworkAddress => ({
    network: 'ipv4',
    bytes: Uint8Array.of(60 + (random[4 * index]! % 30), ...random.subarray(4 * index + 1, 4 * index + 4)),
    port: 8_333,
  })
  return honest({
    type,
    addresses: Array.from({ length: count }, (_, index) => ({
      time: Math.floor(Date.now() / 1_000) - 100,
      services: Services.NETWORK | Services.WITNESS,
      address: address(index),
    })),
  })
}

/**
 * A transaction that spends what nobody has.
 * @param size Bytes of its one output script, about its own size.
 */
export function transaction(size: number, witness: readonly Uint8Array[] = []): Transaction {
  return {
    version: 2,
    inputs: [
      {
        previousOutput: { txid: asTxid(new Uint8Array(randomBytes(32))), index: 0 },
        scriptSig: new Uint8Array(0),
        sequence: 0xffff_ffff,
        witness,
      },
    ],
    outputs: [{ value: 1n, scriptPubKey: new Uint8Array(size).fill(0x51) }],
    lockTime: 0,
  }
}

export function transactions(count: number, size: number): readonly HostileMessage[] {
  return Array.from({ length: count }, () => honest({ type: 'tx', transaction: transaction(size) }))
}
