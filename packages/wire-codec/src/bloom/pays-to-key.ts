import { OP_1, OP_16, OP_CHECKSIG } from '../primitives/opcodes.ts'
import { scriptOperations, type ScriptOperation } from './script-pushes.ts'

const OP_CHECKMULTISIG = 0xae
/** Most keys of a multisignature script (`MAX_PUBKEYS_PER_MULTISIG`, script.h). */
const MAX_KEYS = 20

/**
 * Whether a script names its keys openly: pay-to-pubkey,
 * or bare multisignature (Core: Solver, PUBKEY and MULTISIG).
 */
export function paysToKey(script: Uint8Array): boolean {
  const last = script[script.length - 1]
  if (last !== OP_CHECKSIG && last !== OP_CHECKMULTISIG) return false
  const operations = [...scriptOperations(script)]
  if (operations.pop()?.end !== script.length) return false
  if (last === OP_CHECKSIG) {
    const [key] = operations
    return operations.length === 1 && key!.opcode === key!.data.length && isKey(key!)
  }
  const required = numberOf(operations.shift())
  const total = numberOf(operations.pop())
  return required >= 1 && total >= required && operations.length === total && operations.every(isKey)
}

function isKey({ data }: ScriptOperation): boolean {
  const first = data[0]
  if (data.length === 33) return first === 2 || first === 3
  return data.length === 65 && (first === 4 || first === 6 || first === 7)
}

/** OP_1 to OP_16, or 17 to 20 as a push of one byte, as it has to be; 0 for anything else. */
function numberOf(operation: ScriptOperation | undefined): number {
  if (operation === undefined) return 0
  const { opcode, data } = operation
  if (opcode >= OP_1 && opcode <= OP_16) return opcode - OP_1 + 1
  return opcode === 1 && data[0]! > 16 && data[0]! <= MAX_KEYS ? data[0]! : 0
}
