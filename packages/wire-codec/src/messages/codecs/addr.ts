/**
 * `addr`, and `addrv2` (BIP155).
 * https://github.com/bitcoin/bips/blob/master/bip-0155.mediawiki
 * @module
 */

import { ADDRESS_SIZES, Bip155NetworkId, decodeBip155 } from '../../addresses/bip155.ts'
import { decodeIp16At, writeIp16 } from '../../addresses/ip16.ts'
import type { AddressNetwork, NetworkAddress } from '../../addresses/network-address.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { MessageCodec } from '../codec.ts'
import { MAX_ADDRESSES, MAX_ADDRV2_SIZE } from '../limits.ts'
import type { GossipedAddress, MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'
import { given, lazyFields } from '../../primitives/lazy-fields.ts'
import { compactSizeLength } from '../../bytes/compact-size.ts'
import { FieldWriter } from '../../bytes/field-writer.ts'
import { lazyList, MAX_EAGER_ENTRIES } from '../../bytes/lazy-list.ts'
import { giveTextForm } from '../../text-form/text-form.ts'

const ADDR_ENTRY_SIZE = 4 + 8 + 16 + 2
/** Time, services and network and length of one byte each, no address, port. */
const MIN_ADDRV2_ENTRY_SIZE = 4 + 1 + 1 + 1 + 2

/** A message whose list is made. */
class ShortAddresses<T> {
  declare readonly type: T
  declare readonly addresses: readonly GossipedAddress[]

  static {
    giveTextForm(this.prototype)
  }

  constructor(type: T, addresses: readonly GossipedAddress[]) {
    this.type = type
    this.addresses = addresses
  }
}

const withAddresses = /* @__PURE__ */ lazyFields({ addresses: given<readonly GossipedAddress[]> })

/** Entries for Tor v2 are left out: that network is gone. */
export const addrCodec: MessageCodec<MessageOf<'addr'>> = {
  command: 'addr',
  shortId: 1,
  decode(reader) {
    const count = reader.count(MAX_ADDRESSES, ADDR_ENTRY_SIZE, 'discourage')
    if (count <= MAX_EAGER_ENTRIES) return new ShortAddresses('addr', present(reader.list(count, readEntry)))
    const addresses = lazyList(reader, (next) => present(next.list(count, readEntry)))
    reader.skip(count * ADDR_ENTRY_SIZE)
    return withAddresses({ type: 'addr' }, addresses)
  },
  encode({ addresses }, writer) {
    checkLength('addresses', addresses.length, MAX_ADDRESSES)
    writer.compactSize(addresses.length)
    const fields = new FieldWriter(writer.claim(addresses.length * ADDR_ENTRY_SIZE))
    for (const { time, services, address } of addresses) {
      checkAddressLength(address)
      fields.u32(time)
      fields.u64(services)
      if (!writeIp16(address, fields)) {
        throw new RangeError(`addr does not carry ${address.network}: send addrv2`)
      }
      fields.u16be(address.port)
    }
  },
  payloadSize: ({ addresses }) => 3 + addresses.length * ADDR_ENTRY_SIZE,
}

/**
 * Entries that `decodeBip155` skips are left out; a network that Core knows with a
 * wrong length spoils the message.
 */
export const addrv2Codec: MessageCodec<MessageOf<'addrv2'>> = {
  command: 'addrv2',
  shortId: 28,
  decode(reader) {
    const count = reader.count(MAX_ADDRESSES, MIN_ADDRV2_ENTRY_SIZE, 'discourage')
    const start = reader.offset
    const addresses = lazyList(reader, (next) => present(next.list(count, readV2Entry)))
    for (let i = 0; i < count; i++) checkV2Entry(reader)
    if (count <= MAX_EAGER_ENTRIES) {
      reader.offset = start
      return new ShortAddresses('addrv2', present(reader.list(count, readV2Entry)))
    }
    return withAddresses({ type: 'addrv2' }, addresses)
  },
  encode({ addresses }, writer) {
    checkLength('addresses', addresses.length, MAX_ADDRESSES)
    writer.compactSize(addresses.length)
    const fields = new FieldWriter(writer.claim(v2EntriesSize(addresses)))
    for (const { time, services, address } of addresses) {
      fields.u32(time)
      fields.compactSize(services)
      fields.u8(Bip155NetworkId[address.network])
      fields.varBytes(address.bytes)
      fields.u16be(address.port)
    }
  },
}

function v2EntriesSize(addresses: readonly GossipedAddress[]): number {
  let size = addresses.length * MIN_ADDRV2_ENTRY_SIZE
  for (const { services, address } of addresses) {
    checkAddressLength(address)
    size += compactSizeLength(Number(services)) - 1 + address.bytes.length
  }
  return size
}

function checkAddressLength({ network, bytes }: NetworkAddress): void {
  const size = ADDRESS_SIZES[network]
  checkLength('bytes', bytes.length, size, size)
}

type Entry = GossipedAddress | 'skip'

function present(entries: readonly Entry[]): GossipedAddress[] {
  return entries.includes('skip')
    ? entries.filter((entry) => entry !== 'skip')
    : (entries as GossipedAddress[])
}

function readEntry(reader: ByteReader): Entry {
  const time = reader.u32()
  const services = reader.u64()
  const at = reader.offset
  reader.skip(16)
  const address = decodeIp16At(reader.source, at, reader.u16be())
  return address === 'skip' ? 'skip' : { time, services, address }
}

function readV2Entry(reader: ByteReader): Entry {
  const time = reader.u32()
  const services = reader.compactSize64()
  const id = reader.u8()
  const address = decodeBip155(id, reader.varBytes(), reader.u16be())
  return address === 'skip' ? 'skip' : { time, services, address }
}

/** Passes over an entry that `readV2Entry` will then read without failing. */
function checkV2Entry(reader: ByteReader): void {
  reader.skip(4)
  reader.skipCompactSize64()
  const id = reader.u8()
  const offset = reader.offset
  reader.skipVarBytes(MAX_ADDRV2_SIZE)
  const value = reader.offset - offset - (reader.source[offset]! < 0xfd ? 1 : 3)
  const limit = SIZES_BY_ID.get(id)
  if (limit !== undefined && value !== limit) reader.fail('invalid-address', { value, limit, offset })
  reader.skip(2)
}

const SIZES_BY_ID: ReadonlyMap<number, number> = /* @__PURE__ */ new Map(
  (Object.keys(Bip155NetworkId) as AddressNetwork[])
    .filter((network) => network !== 'yggdrasil')
    .map((network) => [Bip155NetworkId[network], ADDRESS_SIZES[network]]),
)
