import { OP_PUSHDATA4, type ScriptOperation, scriptOperations } from '@sapwood/wire-codec'

/**
 * What the last instruction of a script pushes (OP_0 pushes nothing, as an empty string).
 * @returns undefined where the script is empty or cut short, or its last instruction is no push of bytes
 * (OP_1 to OP_16 are none).
 */
export function lastPush(script: Uint8Array): Uint8Array | undefined {
  let last: ScriptOperation | undefined
  for (const operation of scriptOperations(script)) last = operation
  return last?.end === script.length && last.opcode <= OP_PUSHDATA4 ? last.data : undefined
}
