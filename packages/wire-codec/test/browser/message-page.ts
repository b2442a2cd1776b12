import { bytesToHex, decodePayload, encodePayload, hexToBytes, sha256d } from '../../src/index.ts'
import { messageVectors, toPlain } from '../plain.ts'

/** What the page made of one vector. */
export interface PageVector {
  readonly command: string
  readonly note: string
  /** The decoded message, as the vectors spell it. */
  readonly message: unknown
  /** Hex of the payload that encoding it gives; null for messages that are only read. */
  readonly payload: string | null
}

/** What the page found out. */
export interface PageResult {
  readonly vectors: readonly PageVector[]
  /** Double SHA-256 of nothing. */
  readonly emptyHash: string
  /** Whether anything of Node.js is there. */
  readonly isNode: boolean
}

function decodeAll(): PageResult {
  const vectors = messageVectors.map(({ command, note, payload }): PageVector => {
    const message = decodePayload(command, hexToBytes(payload))
    const isSent = command !== 'reject' && command !== 'alert'
    return {
      command,
      note,
      message: toPlain(message),
      payload: isSent ? bytesToHex(encodePayload(message).payload) : null,
    }
  })
  return {
    vectors,
    emptyHash: bytesToHex(sha256d(new Uint8Array(0))),
    isNode: 'process' in globalThis || 'Buffer' in globalThis,
  }
}

Object.assign(globalThis, { decodeAll })
