import type { Contents } from '@sapwood/wire-codec'
import { TransportError } from '../../src/errors/transport-error.ts'

/** A fuzz target: see tools/fuzz/README.md. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly dictionary?: readonly Uint8Array[]
  readonly maxLength?: number
  run(bytes: Uint8Array): string | undefined
}

export interface Received {
  readonly messages: readonly Contents[]
  /** Code of the typed error that ended it. */
  readonly code: string | undefined
}

/** Feeds a codec in chunks of `size`. Whatever is thrown but a `TransportError` is a finding. */
export function receiveAll(
  codec: { receive(chunk: Uint8Array, messages: Contents[]): void },
  bytes: Uint8Array,
  size: number,
): Received {
  const messages: Contents[] = []
  try {
    for (let offset = 0; offset < bytes.length; offset += size) {
      codec.receive(bytes.slice(offset, offset + size), messages)
    }
    return { messages, code: undefined }
  } catch (error) {
    if (error instanceof TransportError) return { messages, code: error.code }
    throw error
  }
}

/** Throws unless two ways of cutting the same bytes came to the same. */
export function expectSame(whole: Received, cut: Received): void {
  const text = ({ messages, code }: Received): string =>
    JSON.stringify([messages.map(({ command, payload }) => [command, [...payload]]), code])
  if (text(whole) !== text(cut)) throw new Error(`Cut differently: ${text(whole)} and ${text(cut)}`)
}
