import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodeCapturedMessage } from '@sapwood/peer'
import type { Network, PeerAddress } from '@sapwood/wire-codec'
import { encodeFrame } from '../decoding/v1-frame.ts'
import { PcapngWriter, type Side } from './pcapng.ts'

/** Names of Core's `-capturemessages`. */
const NAMES: Readonly<Record<Side, string>> = { received: 'msgs_recv.dat', sent: 'msgs_sent.dat' }

/** Where a connection's messages are written. */
export interface CaptureTarget {
  /** A folder that there is, for Core's two files. */
  readonly folder?: string
  readonly pcapng?: string
}

/**
 * Writes messages as they come, one after the other: whoever is faster than the disk waits for it, and memory
 * does not fill.
 */
export class CaptureFiles {
  readonly #files: Partial<Record<Side, number>> = {}
  readonly #pcapng: number | undefined
  readonly #writer: PcapngWriter
  readonly #magic: Uint8Array
  #begun = false
  #last = 0

  /** @throws what the file system does. */
  constructor({ folder, pcapng }: CaptureTarget, address: PeerAddress, network: Network) {
    this.#writer = new PcapngWriter(address, network.defaultPort)
    this.#magic = network.magic
    if (folder !== undefined) {
      for (const side of ['received', 'sent'] as const)
        this.#files[side] = openSync(join(folder, NAMES[side]), 'w')
    }
    this.#pcapng = pcapng === undefined ? undefined : openSync(pcapng, 'w')
  }

  /** @param at Milliseconds since 1970. */
  write(side: Side, command: string, payload: Uint8Array, at: number): void {
    const time = Math.round(at * 1_000)
    const file = this.#files[side]
    if (file !== undefined) writeAll(file, encodeCapturedMessage({ time, command, payload }))
    if (this.#pcapng === undefined) return
    this.#last = time
    if (!this.#begun) writeAll(this.#pcapng, this.#writer.begin(time))
    this.#begun = true
    writeAll(this.#pcapng, this.#writer.message(time, side, encodeFrame(this.#magic, command, payload)))
  }

  close(): void {
    if (this.#pcapng !== undefined) {
      if (!this.#begun) writeAll(this.#pcapng, this.#writer.begin(0))
      writeAll(this.#pcapng, this.#writer.end(this.#last))
      closeSync(this.#pcapng)
    }
    for (const file of Object.values(this.#files)) closeSync(file)
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}
