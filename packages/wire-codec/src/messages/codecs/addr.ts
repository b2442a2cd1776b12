import type { AddressNetwork, NetworkAddress } from '../../addresses/network-address.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_ADDRESSES, MAX_ADDRV2_SIZE } from '../limits.ts'
import type { GossipedAddress, MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'
import { fromLegacyIp, isEmbedded, toLegacyIp } from './legacy-ip.ts'

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
      const address = fromLegacyIp(reader.view(16), reader.u16be())
      if (address !== undefined) addresses.push({ time, services, address })
    }
    return { type: 'addr', addresses }
  },
  encode({ addresses }, writer) {
    checkLength('addresses', addresses.length, MAX_ADDRESSES)
    writer.compactSize(addresses.length)
    for (const { time, services, address } of addresses) {
      const ip = toLegacyIp(address)
      if (ip === undefined) throw new RangeError(`addr does not carry ${address.network}: send addrv2`)
      checkLength('ip', ip.length, 16, 16)
      writer.u32(time).u64(services).bytes(ip).u16be(address.port)
    }
  },
  payloadSize: ({ addresses }) => 3 + addresses.length * ADDR_ENTRY_SIZE,
}

/** BIP155 network ids and lengths. */
const NETWORKS: readonly (readonly [id: number, network: AddressNetwork | 'torv2', size: number])[] = [
  [1, 'ipv4', 4],
  [2, 'ipv6', 16],
  [3, 'torv2', 10],
  [4, 'torv3', 32],
  [5, 'i2p', 32],
  [6, 'cjdns', 16],
  [7, 'yggdrasil', 16],
]

/** CJDNS addresses are in fc00::/8 (BIP155). */
const CJDNS_PREFIX = 0xfc

/**
 * Entries of unknown networks, Tor v2, IPv6 addresses that embed something else, and CJDNS addresses outside of its prefix are left out;
 * a known network with a wrong length spoils the message (BIP155).
 */
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
      if (address !== undefined) addresses.push({ time, services, address })
    }
    return { type: 'addrv2', addresses }
  },
  encode({ addresses }, writer) {
    checkLength('addresses', addresses.length, MAX_ADDRESSES)
    writer.compactSize(addresses.length)
    for (const { time, services, address } of addresses) {
      const known = NETWORKS.find(([, network]) => network === address.network)
      if (known === undefined) throw new RangeError(`addrv2 does not carry ${address.network}`)
      checkLength('bytes', address.bytes.length, known[2], known[2])
      writer.u32(time).compactSize(services).u8(known[0]).varBytes(address.bytes).u16be(address.port)
    }
  },
}

function readAddress(reader: ByteReader): NetworkAddress | undefined {
  const id = reader.u8()
  const offset = reader.offset
  const bytes = reader.varBytes(MAX_ADDRV2_SIZE)
  const port = reader.u16be()
  const known = NETWORKS[id - 1]
  if (known === undefined) return undefined
  const [, network, size] = known
  if (bytes.length !== size) reader.fail('invalid-address', { value: bytes.length, limit: size, offset })
  if (network === 'torv2' || (network === 'ipv6' && isEmbedded(bytes))) return undefined
  if (network === 'cjdns' && bytes[0] !== CJDNS_PREFIX) return undefined
  return { network, bytes, port }
}
