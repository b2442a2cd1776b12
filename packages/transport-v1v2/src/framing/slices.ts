/** Parts to be written together, and their length. */
export interface Slice {
  readonly parts: readonly Uint8Array[]
  readonly length: number
}

/** Groups parts into slices of at most `limit` bytes, cutting parts where it has to. */
export function* slicesOf(parts: readonly Uint8Array[], limit: number): Generator<Slice> {
  let slice: Uint8Array[] = []
  let length = 0
  for (let part of parts) {
    while (length + part.length > limit) {
      slice.push(part.subarray(0, limit - length))
      yield { parts: slice, length: limit }
      part = part.subarray(limit - length)
      slice = []
      length = 0
    }
    slice.push(part)
    length += part.length
  }
  if (length > 0) yield { parts: slice, length }
}
