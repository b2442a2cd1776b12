import { bytesToHex, MAX_SCRIPT_SIZE, OP_RETURN } from '@sapwood/wire-codec'

/**
 * Whether an output can ever be spent (Core, `CScript::IsUnspendable`), so that it becomes a leaf.
 * @example
 * isSpendable(hexToBytes('6a')) // false
 */
export function isSpendable(scriptPubKey: Uint8Array): boolean {
  return scriptPubKey[0] !== OP_RETURN && scriptPubKey.length <= MAX_SCRIPT_SIZE
}

/**
 * The coinbases of mainnet's blocks 91,722 and 91,812, which blocks 91,880 and 91,842 overwrote before BIP30:
 * they are leaves, and nobody can spend them.
 */
const OVERWRITTEN_LEAVES: ReadonlySet<string> = new Set([
  '84b3af0783b410b4564c5d1f361868559f7cc77cfc65ce2be951210357022fe3',
  'bc6b4bf7cebbd33a18d6b0fe1f8ecc7aa5403083c39ee343b985d51fd0295ad8',
])

/** Whether a leaf hash is of one of the two outputs that BIP30 came too late for. */
export function isOverwritten(hash: Uint8Array): boolean {
  return OVERWRITTEN_LEAVES.has(bytesToHex(hash))
}
