import { OP_PUSHDATA1, OP_PUSHDATA4 } from '../primitives/opcodes.ts'

/** One operation of a script. */
export interface ScriptOperation {
  readonly opcode: number
  /** What is pushed; empty for every other opcode. A view of the script. */
  readonly data: Uint8Array
  /** Index in the script after the operation. */
  readonly end: number
}

/**
 * The operations of a script up to its end, or to the first push that is cut short (Core, `CScript::GetOp`).
 */
export function* scriptOperations(script: Uint8Array): Generator<ScriptOperation> {
  for (let at = 0; at < script.length; ) {
    const opcode = script[at++]!
    let length = opcode < OP_PUSHDATA1 ? opcode : 0
    if (opcode >= OP_PUSHDATA1 && opcode <= OP_PUSHDATA4) {
      const size = 1 << (opcode - OP_PUSHDATA1)
      if (at + size > script.length) return
      for (let i = size - 1; i >= 0; i--) length = length * 256 + script[at + i]!
      at += size
    }
    if (length > script.length - at) return
    const data = script.subarray(at, at + length)
    at += length
    yield { opcode, data, end: at }
  }
}
