const OP_PUSHDATA1 = 0x4c
const OP_PUSHDATA4 = 0x4e

/**
 * What the last instruction of a script pushes (OP_0 pushes nothing, as an empty string).
 * @returns undefined where the script is empty or cut short, or its last instruction is no push of bytes (OP_1 to OP_16 are none).
 */
export function lastPush(script: Uint8Array): Uint8Array | undefined {
  let last: Uint8Array | undefined
  for (let at = 0; at < script.length; ) {
    const opcode = script[at++]!
    if (opcode > OP_PUSHDATA4) {
      last = undefined
      continue
    }
    let length = opcode
    if (opcode >= OP_PUSHDATA1) {
      const size = 1 << (opcode - OP_PUSHDATA1)
      if (at + size > script.length) return undefined
      length = 0
      for (let i = size - 1; i >= 0; i--) length = length * 256 + script[at + i]!
      at += size
    }
    if (length > script.length - at) return undefined
    last = script.subarray(at, at + length)
    at += length
  }
  return last
}
