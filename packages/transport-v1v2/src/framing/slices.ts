/** Parts to be written together, and their length. */
export interface Slice {
  readonly parts: readonly Uint8Array[]
  readonly length: number
  /** Bytes of the parts that end in it: what is not kept any more once it has been written. */
  readonly freed: number
}

const NOTHING = new Uint8Array(0)

/**
 * Groups parts into slices of at most `limit` bytes, cutting parts where it has to. Each part is taken out of
 * the list as it is come to: what has been written is not kept for what has not. Of one that is cut the end
 * is a copy: a stream that still has that to send does not keep all of it.
 */
export function* slicesOf(parts: Uint8Array[], limit: number): Generator<Slice> {
  let slice: Uint8Array[] = []
  let length = 0
  let freed = 0
  for (let index = 0; index < parts.length; index++) {
    let part = parts[index]!
    parts[index] = NOTHING
    const whole = part.length
    while (length + part.length > limit) {
      slice.push(part.subarray(0, limit - length))
      part = part.subarray(limit - length)
      yield { parts: slice, length: limit, freed }
      slice = []
      length = freed = 0
    }
    slice.push(part.length < whole ? new Uint8Array(part) : part)
    length += part.length
    freed += whole
  }
  if (length > 0) yield { parts: slice, length, freed }
}
