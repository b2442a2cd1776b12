import type { FileHandle } from 'node:fs/promises'

/** Pieces of one call to the system (POSIX: `IOV_MAX` is 1,024 on Linux). */
const MAX_PIECES = 1_000

/** Writes all of the pieces one after the other, from `position` on. Rejects where the disk takes less. */
export async function writeAll(
  file: FileHandle,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let at = position
  for (let first = 0; first < pieces.length; first += MAX_PIECES) {
    let left = pieces.slice(first, first + MAX_PIECES)
    while (left.length > 0) {
      const { bytesWritten } = await file.writev(left, at)
      at += bytesWritten
      left = after(left, bytesWritten)
    }
  }
}

/** What is left of the pieces after so many bytes of them. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes
  let first = 0
  while (first < pieces.length && left >= pieces[first]!.length) left -= pieces[first++]!.length
  const rest = pieces.slice(first)
  if (left > 0) rest[0] = rest[0]!.subarray(left)
  return rest
}
