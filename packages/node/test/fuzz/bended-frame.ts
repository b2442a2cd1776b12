import type { Script } from './script.ts'

/** A v1 frame that is not one: header of 24 bytes (magic, command, length, checksum), then the payload. */
export function bendedFrame(frame: Uint8Array, script: Script): Uint8Array {
  const bent = frame.slice()
  const how = script.below(6)
  const value = script.byte()
  switch (how) {
    case 0:
      bent[value % 4]! ^= 1
      return bent
    case 1:
      bent[4 + (value % 12)] = script.byte()
      return bent
    case 2:
      new DataView(bent.buffer).setUint32(16, value * 65_536 + script.byte(), true)
      return bent
    case 3:
      bent[20 + (value % 4)]! ^= 1
      return bent
    case 4:
      // The rest may come with a later one, or never.
      return bent.slice(0, value % (bent.length + 1))
    default:
      return script.bytes(value)
  }
}
