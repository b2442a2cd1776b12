/** Instructions of scripts, by their names in Bitcoin Core (script.h). */
export const OP_0 = 0x00
/** The first that pushes with a length of its own, of one byte; `OP_PUSHDATA4` has four. */
export const OP_PUSHDATA1 = 0x4c
/** Pushes as many bytes as the next four say. */
export const OP_PUSHDATA4 = 0x4e
/** `OP_1` to `OP_16` push their number. */
export const OP_1 = 0x51
export const OP_16 = 0x60
/** Ends a script: an output with it is never spent. */
export const OP_RETURN = 0x6a
/** Checks a signature. */
export const OP_CHECKSIG = 0xac
