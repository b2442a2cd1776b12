import { ByteWriter, concatBytes } from '@sapwood/wire-codec'

/** Bytes that a CompactSize can be written with. */
export type CompactSizeWidth = 1 | 3 | 5 | 9

/**
 * A CompactSize, of any of its four widths: one wider than it has to be is not to be accepted by a peer.
 * @throws RangeError where the value does not fit.
 */
export function compactSize(value: number | bigint, width?: CompactSizeWidth): Uint8Array {
  const writer = new ByteWriter(9)
  switch (width) {
    case undefined:
      return writer.compactSize(value).finish()
    case 1:
      if (value >= 0xfd) throw new RangeError(`${value} does not fit one byte of a CompactSize`)
      return writer.u8(Number(value)).finish()
    case 3:
      return writer.u8(0xfd).u16(Number(value)).finish()
    case 5:
      return writer.u8(0xfe).u32(Number(value)).finish()
    case 9:
      return writer.u8(0xff).u64(BigInt(value)).finish()
  }
}

/** A list's payload: a count that need not be true, and so many copies of an entry. */
export function listPayload(
  count: number | bigint,
  entry: Uint8Array,
  copies: number = Number(count),
  width?: CompactSizeWidth,
): Uint8Array {
  const size = compactSize(count, width)
  const payload = new Uint8Array(size.length + copies * entry.length)
  payload.set(size)
  for (let index = 0; index < copies; index++) payload.set(entry, size.length + index * entry.length)
  return payload
}

/** A payload with bytes after its end. */
export function withTrailing(payload: Uint8Array, count = 1): Uint8Array {
  return concatBytes(payload, new Uint8Array(count))
}

/** A payload without its last bytes. */
export function cutShort(payload: Uint8Array, count = 1): Uint8Array {
  return payload.subarray(0, Math.max(0, payload.length - count))
}
