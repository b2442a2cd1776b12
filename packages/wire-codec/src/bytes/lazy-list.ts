import { ByteReader } from './byte-reader.ts'

/**
 * Entries up to which a list is made at once: what is kept to make it later takes as much memory as they do,
 * and more time.
 */
export const MAX_EAGER_ENTRIES = 8

/**
 * A list whose bytes, from where `reader` stands, have been checked, and whose elements are made when it is
 * first asked for. Objects take several times the memory of their bytes: a peer cannot make us spend it on a
 * list that nobody reads.
 */
export function lazyList<L>(reader: ByteReader, make: (reader: ByteReader) => L): () => L {
  const { source, offset } = reader
  let list: L | undefined
  return () => {
    if (list === undefined) {
      const again = new ByteReader(source)
      again.skip(offset)
      list = make(again)
    }
    return list
  }
}
