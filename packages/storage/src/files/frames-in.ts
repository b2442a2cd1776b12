import type { FileHandle } from 'node:fs/promises'
import { FRAME_HEADER_SIZE, frameSize } from './block-frame.ts'

/** Bytes that are looked through for the next magic at a time. */
const SEARCH_SIZE = 65_536

/** A block in a file of Bitcoin Core. */
export interface BlockFrame {
  /** Of its first byte. */
  readonly position: number
  readonly size: number
  /** The first bytes of it, as many as were asked for. */
  readonly head: Uint8Array
}

/** Reads a file that Bitcoin Core may have obfuscated (`xor.dat`, since version 28). */
export class ObfuscatedFile {
  readonly #file: FileHandle
  readonly #key: Uint8Array

  /** @param key as it stands in `xor.dat`; empty where there is none. */
  constructor(file: FileHandle, key: Uint8Array) {
    this.#file = file
    this.#key = key
  }

  /** @returns fewer bytes at the end of the file. */
  async read(position: number, size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size)
    const { bytesRead } = await this.#file.read(bytes, 0, size, position)
    const key = this.#key
    if (key.some((byte) => byte !== 0))
      for (let i = 0; i < bytesRead; i++) bytes[i]! ^= key[(position + i) % key.length]!
    return bytes.subarray(0, bytesRead)
  }
}

/**
 * The blocks of a file, in its order. What stands between them is passed over (Core makes files larger before
 * it fills them), and so is one that is cut short.
 * @param headSize bytes of each block to read.
 */
export async function* framesIn(
  file: ObfuscatedFile,
  magic: Uint8Array,
  { headSize, maxSize }: { readonly headSize: number; readonly maxSize: number },
): AsyncGenerator<BlockFrame, void, undefined> {
  for (let position = 0; ; ) {
    const head = await file.read(position, FRAME_HEADER_SIZE + headSize)
    if (head.length < FRAME_HEADER_SIZE + headSize) return
    const size = frameSize(head, magic)
    if (size !== undefined && size >= headSize && size <= maxSize) {
      position += FRAME_HEADER_SIZE
      yield { position, size, head: head.subarray(FRAME_HEADER_SIZE) }
      position += size
      continue
    }
    const next = await nextMagic(file, magic, position + 1)
    if (next === undefined) return
    position = next
  }
}

async function nextMagic(file: ObfuscatedFile, magic: Uint8Array, from: number): Promise<number | undefined> {
  for (let position = from; ; position += SEARCH_SIZE) {
    const bytes = await file.read(position, SEARCH_SIZE + magic.length - 1)
    const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(magic)
    if (found >= 0) return position + found
    if (bytes.length < SEARCH_SIZE) return undefined
  }
}
