import { MESSAGE_CUTS, type Sha256Backend, type SingleSha256 } from './sha256-backend.ts'
import { HASH_SIZE, HEADER_SIZE } from './sizes.ts'

/** A backend that hashes the messages of a batch one after the other. */
export function oneByOne(single: SingleSha256): Sha256Backend {
  return {
    ...single,
    hashMany: (source, cuts, target) => {
      for (let i = 0; i < cuts.length / MESSAGE_CUTS; i++) {
        single.sha256dInto(messageAt(source, cuts, i), target, i * HASH_SIZE)
      }
    },
    merkleLevel: (row, pairs) => {
      for (let i = 0; i < pairs; i++) {
        single.sha256dInto(row.subarray(2 * i * HASH_SIZE, 2 * (i + 1) * HASH_SIZE), row, i * HASH_SIZE)
      }
    },
    hashHeaders: (source, offset, stride, count) => {
      const hashes = new Uint8Array(count * HASH_SIZE)
      for (let i = 0; i < count; i++) {
        const start = offset + i * stride
        single.sha256dInto(source.subarray(start, start + HEADER_SIZE), hashes, i * HASH_SIZE)
      }
      return hashes
    },
  }
}

/** The message that the cuts at `index` tell of, in one piece. */
export function messageAt(source: Uint8Array, cuts: Uint32Array, index: number): Uint8Array {
  const [start, body, bodyEnd, end] = cuts.subarray(MESSAGE_CUTS * index) as unknown as readonly [
    number,
    number,
    number,
    number,
  ]
  if (body === start + 4 && bodyEnd === end - 4) return source.subarray(start, end)
  const message = new Uint8Array(bodyEnd - body + 8)
  message.set(source.subarray(start, start + 4))
  message.set(source.subarray(body, bodyEnd), 4)
  message.set(source.subarray(end - 4, end), 4 + bodyEnd - body)
  return message
}
