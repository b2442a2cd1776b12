/**
 * The scripts that a proof does not send, since the input that spends them shows what
 * they are made of (BIP182, BIP183).
 * https://github.com/bitcoin/bips/blob/master/bip-0182.md
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import { ripemd160 } from '@noble/hashes/legacy.js'
import {
  bytesEqual,
  concatBytes,
  type ImpliedScriptType,
  type LeafScript,
  OP_0,
  OP_CHECKSIG,
  sha256,
  type TransactionInput,
} from '@sapwood/wire-codec'
import { lastPush } from './last-push.ts'

const OP_DUP = 0x76
const OP_EQUAL = 0x87
const OP_EQUALVERIFY = 0x88
const OP_HASH160 = 0xa9

const hash160 = (bytes: Uint8Array): Uint8Array => ripemd160(sha256(bytes))

/**
 * The script of the output that `input` spends, given only its form: of P2PKH and P2SH from what its
 * scriptSig pushes last, of P2WPKH and P2WSH from the last item of its witness. Whether that is right only
 * the leaf's hash tells.
 * @returns undefined where the input shows no such thing.
 */
export function impliedScript(type: ImpliedScriptType, input: TransactionInput): Uint8Array | undefined {
  const shown = type === 'p2pkh' || type === 'p2sh' ? lastPush(input.scriptSig) : input.witness.at(-1)
  if (shown === undefined) return undefined
  switch (type) {
    case 'p2pkh':
      return concatBytes(
        Uint8Array.of(OP_DUP, OP_HASH160, 20),
        hash160(shown),
        Uint8Array.of(OP_EQUALVERIFY, OP_CHECKSIG),
      )
    case 'p2sh':
      return concatBytes(Uint8Array.of(OP_HASH160, 20), hash160(shown), Uint8Array.of(OP_EQUAL))
    case 'p2wpkh':
      return concatBytes(Uint8Array.of(OP_0, 20), hash160(shown))
    case 'p2wsh':
      return concatBytes(Uint8Array.of(OP_0, 32), sha256(shown))
  }
}

/**
 * How a proof sends the script of an output to who has the `input` that spends it: by its form,
 * where that tells the script.
 */
export function leafScript(scriptPubKey: Uint8Array, input: TransactionInput): LeafScript {
  const type = formOf(scriptPubKey)
  const implied = type && impliedScript(type, input)
  return type && implied && bytesEqual(implied, scriptPubKey) ? { type } : { type: 'other', scriptPubKey }
}

/**
 * Which form a script has by its length and first bytes; only a candidate, which `leafScript` compares whole.
 */
function formOf(script: Uint8Array): ImpliedScriptType | undefined {
  switch (script.length) {
    case 25:
      return script[0] === OP_DUP ? 'p2pkh' : undefined
    case 23:
      return script[0] === OP_HASH160 ? 'p2sh' : undefined
    case 22:
      return script[0] === OP_0 ? 'p2wpkh' : undefined
    case 34:
      return script[0] === OP_0 ? 'p2wsh' : undefined
    default:
      return undefined
  }
}
