/**
 * The places of Bitcoin Core's `AddrMan`.
 * https://github.com/bitcoin/bitcoin/blob/master/src/addrman.cpp
 * @module
 */

import { type NetworkAddress, netgroup, sha256d } from '@sapwood/wire-codec'

/** Buckets of the new table (Core, `ADDRMAN_NEW_BUCKET_COUNT`). */
export const NEW_BUCKET_COUNT = 1024
/** Buckets of the tried table (Core, `ADDRMAN_TRIED_BUCKET_COUNT`). */
export const TRIED_BUCKET_COUNT = 256
/** Addresses in a bucket of either (Core, `ADDRMAN_BUCKET_SIZE`). */
export const BUCKET_SIZE = 64
/** Buckets of the tried table that the addresses of one netgroup share (Core). */
const TRIED_BUCKETS_PER_GROUP = 8n
/** Buckets of the new table that one source's netgroup can fill (Core). */
const NEW_BUCKETS_PER_SOURCE_GROUP = 64n

/**
 * Where an address goes, by Core's rule: a place that only the holder of the key can foretell, so that nobody
 * can aim at an entry, and few places for each netgroup, so that owning many addresses of one group fills few
 * of them.
 */
export interface BucketHash {
  /** 0 to 255. */
  triedBucket(address: NetworkAddress): number
  /** 0 to 1,023. */
  newBucket(address: NetworkAddress, source: NetworkAddress): number
  /** 0 to 63. */
  position(address: NetworkAddress, table: 'new' | 'tried', bucket: number): number
}

/** @param key 32 secret bytes, kept as long as the tables are. */
export function createBucketHash(key: Uint8Array): BucketHash {
  return {
    triedBucket: (address) => {
      const spread = cheapHash([key, prefixed(serviceKey(address))]) % TRIED_BUCKETS_PER_GROUP
      const hash = cheapHash([key, prefixed(netgroup(address)), littleEndian64(spread)])
      return Number(hash % BigInt(TRIED_BUCKET_COUNT))
    },
    newBucket: (address, source) => {
      const sourceGroup = prefixed(netgroup(source))
      const spread = cheapHash([key, prefixed(netgroup(address)), sourceGroup]) % NEW_BUCKETS_PER_SOURCE_GROUP
      return Number(cheapHash([key, sourceGroup, littleEndian64(spread)]) % BigInt(NEW_BUCKET_COUNT))
    },
    position: (address, table, bucket) => {
      const tag = Uint8Array.of(table === 'new' ? 0x4e : 0x4b, bucket & 0xff, bucket >> 8, 0, 0)
      return Number(cheapHash([key, tag, prefixed(serviceKey(address))]) % BigInt(BUCKET_SIZE))
    },
  }
}

/** Core's `CService::GetKey`: the address (IPv4 within IPv6) and the port, big-endian. */
function serviceKey(address: NetworkAddress): Uint8Array {
  const mapped = address.network === 'ipv4'
  const key = new Uint8Array((mapped ? 16 : address.bytes.length) + 2)
  if (mapped) key.fill(0xff, 10, 12)
  key.set(address.bytes, mapped ? 12 : 0)
  key[key.length - 2] = address.port >> 8
  key[key.length - 1] = address.port & 0xff
  return key
}

/** A vector as Core serialises it. All of those here are shorter than 253 bytes. */
function prefixed(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1)
  out[0] = bytes.length
  out.set(bytes, 1)
  return out
}

function littleEndian64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}

/** Core's `GetCheapHash`: the first eight bytes of the double SHA-256. */
function cheapHash(parts: readonly Uint8Array[]): bigint {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  const hash = sha256d(bytes)
  return new DataView(hash.buffer, hash.byteOffset, hash.length).getBigUint64(0, true)
}
