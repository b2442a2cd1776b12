import { bytesToHex, concatBytes, decodeContents, encodeContentsHeader } from '@sapwood/wire-codec'
import type { ScriptedV2 } from '@sapwood/transport-v1v2/testing'
import type { FramedEvent, FrameFaults, TestFraming } from './test-framing.ts'

const COMMAND_LENGTH = 12

/** v2 (BIP324), each packet of which may be wrong. */
export class V2Framing implements TestFraming {
  readonly transport = 'v2'
  readonly session: ScriptedV2
  #hasVersion = false

  constructor(session: ScriptedV2) {
    this.session = session
  }

  receive(chunk: Uint8Array): readonly FramedEvent[] {
    const { garbage, packets } = this.session.receive(chunk)
    const events: FramedEvent[] = garbage === undefined ? [] : [{ kind: 'garbage', garbage }]
    for (const { decoy, contents } of packets) {
      if (decoy) events.push({ kind: 'decoy', contents })
      else if (this.#hasVersion) events.push(messageOf(contents))
      else {
        this.#hasVersion = true
        events.push({ kind: 'version-packet', contents })
      }
    }
    return events
  }

  frame(command: string, payload: Uint8Array, faults: FrameFaults = {}): Uint8Array {
    const { length, forged, header, longCommand } = faults
    const head = faults.head ?? (longCommand === true ? longHead(command) : encodeContentsHeader(command))
    return this.session.seal(concatBytes(head, payload), {
      ...(length !== undefined && { length }),
      ...(forged !== undefined && { forged }),
      ...(header !== undefined && { header }),
    })
  }
}

/** A zero, and the command in full (BIP324). */
function longHead(command: string): Uint8Array {
  const head = new Uint8Array(1 + COMMAND_LENGTH)
  head.set(
    Array.from(command, (character) => character.charCodeAt(0)),
    1,
  )
  return head
}

function messageOf(contents: Uint8Array): FramedEvent {
  try {
    return { kind: 'message', ...decodeContents(contents) }
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error)
    return { kind: 'message', command: 'malformed', payload: contents, note: `${note}: ${firstOf(contents)}` }
  }
}

function firstOf(contents: Uint8Array): string {
  return bytesToHex(contents.subarray(0, 1 + COMMAND_LENGTH))
}
