import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import type { MessageCodec } from '../codec.ts'
import {
  MAX_FEATURE_DATA_SIZE,
  MAX_FEATURE_ID_LENGTH,
  MAX_USER_AGENT_LENGTH,
  MIN_FEATURE_ID_LENGTH,
} from '../limits.ts'
import type { MessageOf, VersionAddress, VersionMessage } from '../message.ts'
import { checkLength } from './check-length.ts'

/** What Core has for the sender where none was sent. */
const noAddress = (): VersionAddress => ({ services: 0n, ip: new Uint8Array(16), port: 0 })

/** The fixed part of the payload, without user agent and relay. */
const FIXED_SIZE = 4 + 8 + 8 + 26 + 26 + 8 + 4 + 1

export const versionCodec: MessageCodec<VersionMessage> = {
  command: 'version',
  decode(reader) {
    const version = reader.i32()
    const services = reader.u64()
    const time = clampedTime(reader.i64())
    const receiver = readAddress(reader)
    const more = (): boolean => reader.remaining > 0
    const tail = more()
    return {
      type: 'version',
      version,
      services,
      time,
      receiver,
      sender: tail ? readAddress(reader) : noAddress(),
      nonce: tail ? reader.u64() : 0n,
      userAgent: more() ? reader.varString(MAX_USER_AGENT_LENGTH) : '',
      startHeight: more() ? reader.i32() : -1,
      relay: more() ? reader.u8() !== 0 : true,
    }
  },
  encode(message, writer) {
    checkLength('userAgent', message.userAgent.length, MAX_USER_AGENT_LENGTH)
    writer.i32(message.version).u64(message.services).i64(BigInt(message.time))
    writeAddress(writer, message.receiver)
    writeAddress(writer, message.sender)
    writer
      .u64(message.nonce)
      .varString(message.userAgent)
      .i32(message.startHeight)
      .u8(message.relay ? 1 : 0)
  },
  payloadSize: (message) => FIXED_SIZE + (message.userAgent.length < 0xfd ? 1 : 3) + message.userAgent.length,
}

const MAX_TIME = BigInt(Number.MAX_SAFE_INTEGER)

function clampedTime(time: bigint): number {
  return Number(time > MAX_TIME ? MAX_TIME : time < -MAX_TIME ? -MAX_TIME : time)
}

function readAddress(reader: ByteReader): VersionAddress {
  return { services: reader.u64(), ip: reader.view(16), port: reader.u16be() }
}

function writeAddress(writer: ByteWriter, address: VersionAddress): void {
  checkLength('ip', address.ip.length, 16, 16)
  writer.u64(address.services).bytes(address.ip).u16be(address.port)
}

/** BIP434: anything out of form ends the connection. */
export const featureCodec: MessageCodec<MessageOf<'feature'>> = {
  command: 'feature',
  shortId: 37,
  trailing: 'refuse',
  malformed: 'disconnect',
  decode(reader) {
    const start = reader.offset
    const id = reader.varString(MAX_FEATURE_ID_LENGTH)
    if (id.length < MIN_FEATURE_ID_LENGTH) {
      reader.fail('too-short', {
        value: id.length,
        limit: MIN_FEATURE_ID_LENGTH,
        offset: start,
      })
    }
    return { type: 'feature', id, data: reader.varBytes(MAX_FEATURE_DATA_SIZE) }
  },
  encode(message, writer) {
    checkLength('id', message.id.length, MAX_FEATURE_ID_LENGTH, MIN_FEATURE_ID_LENGTH)
    checkLength('data', message.data.length, MAX_FEATURE_DATA_SIZE)
    writer.varString(message.id).varBytes(message.data)
  },
}
