/** One import of one name, and what it may cost a page. */
export interface MeasuredImport {
  readonly name: string
  readonly from: string
  /** Most that it may be, minified, in bytes. */
  readonly limit: number
}

/** From a single function to a whole node. */
export const measuredImports: readonly MeasuredImport[] = [
  { name: 'bytesToHex', from: '@sapwood/wire-codec', limit: 2_500 },
  { name: 'isPeerError', from: '@sapwood/peer', limit: 1_000 },
  { name: 'networkByName', from: '@sapwood/wire-codec', limit: 7_500 },
  { name: 'parsePeerAddress', from: '@sapwood/wire-codec', limit: 15_000 },
  { name: 'decodeTransaction', from: '@sapwood/wire-codec', limit: 20_000 },
  { name: 'decodeBlock', from: '@sapwood/wire-codec', limit: 21_000 },
  { name: 'txid', from: '@sapwood/wire-codec', limit: 27_500 },
  { name: 'decodePayload', from: '@sapwood/wire-codec', limit: 52_000 },
  { name: 'connect', from: '@sapwood/transport-v1v2', limit: 62_000 },
  { name: 'createPeer', from: '@sapwood/peer', limit: 150_000 },
]
