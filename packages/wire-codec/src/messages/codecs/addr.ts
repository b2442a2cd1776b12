import { ADDRESS_SIZES, Bip155NetworkId, decodeBip155 } from '../../addresses/bip155.ts'
import { decodeIp16, encodeIp16 } from '../../addresses/ip16.ts'
import type { NetworkAddress } from '../../addresses/network-address.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_ADDRESSES, MAX_ADDRV2_SIZE } from '../limits.ts'
import type { GossipedAddress, MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'

const ADDR_ENTRY_SIZE = 4 + 8 + 16 + 2
/** Time, services and network and length of one byte each, no address, port. */
const MIN_ADDRV2_ENTRY_SIZE = 4 + 1 + 1 + 1 + 2

/** Entries for Tor v2 are left out: that network is gone. */
export const addrCodec: MessageCodec<MessageOf<'addr'>> = {
  command: 'addr',
  shortId: 1,
  decode(reader) {
    const count = reader.count(MAX_ADDRESSES, ADDR_ENTRY_SIZE, 'discourage')
    const addresses: GossipedAddress[] = []
    for (let i = 0; i < count; i++) {
      const time = reader.u32()
      const services = reader.u64()
      const address = decodeIp16(reader.view(16), reader.u16be())
      if (address !== 'skip') addresses.push({ time, services, address })
    }
    return { type: 'addr', addresses }
  },
  encode({ addresses }, writer) {
    checkLength('addresses', addresses.length, MAX_ADDRESSES)
    writer.compactSize(addresses.length)
    for (const { time, services, address } of addresses) {
      const ip = encodeIp16(address)
      if (ip === undefined) throw new RangeError(`addr does not carry ${address.network}: send addrv2`)
      checkLength('ip', ip.length, 16, 16)
      writer.u32(time).u64(services).bytes(ip).u16be(address.port)
    }
  },
  payloadSize: ({ addresses }) => 3 + addresses.length * ADDR_ENTRY_SIZE,
}

/** Entries that `decodeBip155` skips are left out; a known network with a wrong length spoils the message (BIP155). */
export const addrv2Codec: MessageCodec<MessageOf<'addrv2'>> = {
  command: 'addrv2',
  shortId: 28,
  decode(reader) {
    const count = reader.count(MAX_ADDRESSES, MIN_ADDRV2_ENTRY_SIZE, 'discourage')
    const addresses: GossipedAddress[] = []
    for (let i = 0; i < count; i++) {
      const time = reader.u32()
      const services = reader.compactSize64()
      const address = readAddress(reader)
      if (address !== 'skip') addresses.push({ time, services, address })
    }
    return { type: 'addrv2', addresses }
  },
  encode({ addresses }, writer) {
    checkLength('addresses', addresses.length, MAX_ADDRESSES)
    writer.compactSize(addresses.length)
    for (const { time, services, address } of addresses) {
      const size = ADDRESS_SIZES[address.network]
      checkLength('bytes', address.bytes.length, size, size)
      writer
        .u32(time)
        .compactSize(services)
        .u8(Bip155NetworkId[address.network])
        .varBytes(address.bytes)
        .u16be(address.port)
    }
  },
}

function readAddress(reader: ByteReader): NetworkAddress | 'skip' {
  const id = reader.u8()
  const offset = reader.offset
  const bytes = reader.varBytes(MAX_ADDRV2_SIZE)
  return decodeBip155(id, bytes, reader.u16be(), { offset, command: reader.command })
}
