/**
 * What Tor says on its control port (control-spec).
 * https://spec.torproject.org/control-spec/
 * @module
 */

import { createLineBuffer } from '../socket/line-buffer.ts'
import { ProxyError } from '../errors/proxy-error.ts'

/** One reply or event of Tor's control port (control-spec §2.3, §2.4). */
export interface ControlReply {
  /** 2xx done, 4xx and 5xx refused, 6xx an event that nobody asked for. */
  readonly status: number
  /**
   * The text of each line, without status and separator; a data block follows its line, joined by line feeds.
   */
  readonly lines: readonly string[]
}

/** Bytes in a line of the control port, as Core limits it (`MAX_LINE_LENGTH`). */
const MAX_CONTROL_LINE_LENGTH = 100_000
/**
 * Lines in a reply, data included: the longest that we ask for (all circuits of a client) has a few hundred.
 */
const MAX_CONTROL_REPLY_LINES = 10_000
/** Characters of all lines of a reply together. */
const MAX_CONTROL_REPLY_LENGTH = 1_000_000

/** Takes what a control port sends apart, without any I/O. */
export interface ControlReplyParser {
  /**
   * @returns the replies that are whole now.
   * @throws ProxyError `protocol-violation`
   */
  push(bytes: Uint8Array): readonly ControlReply[]
}

export function createControlReplyParser(): ControlReplyParser {
  const buffer = createLineBuffer(MAX_CONTROL_LINE_LENGTH)
  let status: number | undefined
  let lines: string[] = []
  let data: string[] | undefined
  /** Of the reply that is not whole yet. */
  let length = 0

  const takeLine = (line: string): ControlReply | undefined => {
    if (lines.length + (data?.length ?? 0) >= MAX_CONTROL_REPLY_LINES) {
      throw violation(`A reply of more than ${MAX_CONTROL_REPLY_LINES} lines`)
    }
    length += line.length
    if (length > MAX_CONTROL_REPLY_LENGTH) {
      throw violation(`A reply of more than ${MAX_CONTROL_REPLY_LENGTH} characters`)
    }
    if (data !== undefined) {
      if (line === '.') {
        lines.push(data.join('\n'))
        data = undefined
      } else data.push(line.startsWith('.') ? line.slice(1) : line)
      return undefined
    }
    const match = /^([2-6]\d\d)([ +-])(.*)$/.exec(line)
    if (match === null) throw violation('Not a line of the control port')
    const lineStatus = Number(match[1])
    if (status !== undefined && status !== lineStatus) throw violation('Two statuses in one reply')
    status = lineStatus
    lines.push(match[3]!)
    if (match[2] === '+') data = []
    if (match[2] !== ' ') return undefined
    const reply = { status, lines }
    status = undefined
    lines = []
    length = 0
    return reply
  }

  return {
    push: (bytes) => {
      buffer.push(bytes)
      const replies: ControlReply[] = []
      try {
        for (let line = buffer.nextLine(); line !== undefined; line = buffer.nextLine()) {
          const reply = takeLine(line)
          if (reply !== undefined) replies.push(reply)
        }
      } catch (error) {
        throw error instanceof RangeError ? violation(error.message) : error
      }
      return replies
    },
  }
}

function violation(message: string): ProxyError {
  return new ProxyError('protocol-violation', `Tor's control port: ${message}`, { step: 'command' })
}
