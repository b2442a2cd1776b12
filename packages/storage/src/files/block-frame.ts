/** What stands before each block in a file of Bitcoin Core: the network's magic, and the block's size. */
export const FRAME_HEADER_SIZE = 8
/** Bytes that a block has at most (Core, `MAX_BLOCK_SERIALIZED_SIZE`). */
export const MAX_BLOCK_SERIALIZED_SIZE = 4_000_000

/** What goes before `size` bytes of a block. */
export function frameHeader(magic: Uint8Array, size: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_SIZE)
  header.set(magic)
  new DataView(header.buffer).setUint32(4, size, true)
  return header
}

/**
 * Reads what goes before a block.
 * @returns the block's size; undefined where there is no magic: what follows is no block.
 */
export function frameSize(header: Uint8Array, magic: Uint8Array): number | undefined {
  for (let i = 0; i < 4; i++) if (header[i] !== magic[i]) return undefined
  return new DataView(header.buffer, header.byteOffset).getUint32(4, true)
}

/** As Bitcoin Core names its files. */
export function blockFileName(number: number): string {
  return `blk${String(number).padStart(5, '0')}.dat`
}

/** The number in a file's name; undefined for the name of another file. */
export function blockFileNumber(name: string): number | undefined {
  const digits = /^blk(\d{5,})\.dat$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
