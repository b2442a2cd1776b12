import { hexToBytes, MAX_SCRIPT_SIZE } from '@sapwood/wire-codec'
import { Address, OutScript } from '@scure/btc-signer'

/** Regtest's prefixes of addresses (Core, `CRegTestParams`). */
const REGTEST = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef }

/** The `scriptPubKey` that somebody typed, or whose address. @throws Error with what is wrong with it. */
export function readScript(text: string): Uint8Array {
  const given = text.trim()
  if (/^(?:[0-9a-f]{2})+$/i.test(given) && given.length <= 2 * MAX_SCRIPT_SIZE) return hexToBytes(given)
  try {
    return OutScript.encode(Address(REGTEST).decode(given))
  } catch (cause) {
    throw new Error('This is neither a regtest address nor a script in hex.', { cause })
  }
}
