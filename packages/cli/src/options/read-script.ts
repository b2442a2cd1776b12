/**
 * Addresses of the payment scripts that there are.
 * https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0350.mediawiki
 * @module
 */

import { bech32, bech32m, createBase58check } from '@scure/base'
import {
  concatBytes,
  hexToBytes,
  MAX_SCRIPT_SIZE,
  type Network,
  type NetworkName,
  sha256,
} from '@sapwood/wire-codec'
import { usageError } from '../errors/command-error.ts'

/** Of each network what its addresses begin with (Core, `chainparams.cpp`). */
const PREFIXES: Readonly<
  Record<NetworkName, { readonly human: string; readonly keyHash: number; readonly scriptHash: number }>
> = {
  main: { human: 'bc', keyHash: 0, scriptHash: 5 },
  testnet3: { human: 'tb', keyHash: 111, scriptHash: 196 },
  testnet4: { human: 'tb', keyHash: 111, scriptHash: 196 },
  signet: { human: 'tb', keyHash: 111, scriptHash: 196 },
  regtest: { human: 'bcrt', keyHash: 111, scriptHash: 196 },
}
/** Longest of an address (BIP173). */
const MAX_ADDRESS = 90
const HASH160 = 20
/** The opcode of witness version 1; those of the versions above follow it. */
const VERSION_ONE = 0x51
const MIN_PROGRAM = 2
const MAX_PROGRAM = 40
const MAX_WITNESS_VERSION = 16

const base58check = createBase58check(sha256)

/** The script of an address of this network, or the script itself in hexadecimal. @throws CommandError */
export function readScript(text: string, network: Network): Uint8Array {
  if (/^([0-9a-f]{2})+$/i.test(text) && text.length <= 2 * MAX_SCRIPT_SIZE)
    return hexToBytes(text.toLowerCase())
  const script = text.length > MAX_ADDRESS ? undefined : (ofBech32(text, network) ?? ofBase58(text, network))
  if (script === undefined) {
    throw usageError(`'${text.slice(0, MAX_ADDRESS)}' is neither a script nor an address of ${network.name}`)
  }
  return script
}

function ofBech32(text: string, { name }: Network): Uint8Array | undefined {
  const { human } = PREFIXES[name]
  if (!text.toLowerCase().startsWith(`${human}1`)) return undefined
  for (const coder of [bech32, bech32m]) {
    const decoded = coder.decodeUnsafe(text)
    const [version, ...words] = decoded?.words ?? []
    if (decoded?.prefix !== human || version === undefined || version > MAX_WITNESS_VERSION) continue
    // Version 0 has the checksum of BIP173, all others that of BIP350.
    if ((version === 0) !== (coder === bech32)) continue
    const program = coder.fromWordsUnsafe(words)
    if (program === undefined) continue
    const { length } = program
    if (length < MIN_PROGRAM || length > MAX_PROGRAM) continue
    if (version === 0 && length !== HASH160 && length !== 32) continue
    return concatBytes(Uint8Array.of(version === 0 ? 0 : VERSION_ONE + version - 1, length), program)
  }
  return undefined
}

function ofBase58(text: string, { name }: Network): Uint8Array | undefined {
  let payload: Uint8Array
  try {
    payload = base58check.decode(text)
  } catch {
    return undefined
  }
  const { keyHash, scriptHash } = PREFIXES[name]
  const hash = payload.subarray(1)
  if (hash.length !== HASH160) return undefined
  if (payload[0] === keyHash) {
    // DUP HASH160 <hash> EQUALVERIFY CHECKSIG
    return concatBytes(Uint8Array.of(0x76, 0xa9, HASH160), hash, Uint8Array.of(0x88, 0xac))
  }
  // HASH160 <hash> EQUAL
  if (payload[0] === scriptHash) return concatBytes(Uint8Array.of(0xa9, HASH160), hash, Uint8Array.of(0x87))
  return undefined
}
