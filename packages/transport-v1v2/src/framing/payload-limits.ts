import { MAX_PAYLOAD_SIZE, maxPayloadSize } from '@sapwood/wire-codec'

/**
 * How long what is read may be: some messages are larger than all others, and are believed only while they
 * are expected.
 */
export class PayloadLimits {
  /** Commands of which larger messages are expected; made when the first is. */
  #expected: Set<string> | undefined

  expect(command: string, expected: boolean): void {
    if (expected && maxPayloadSize(command) > MAX_PAYLOAD_SIZE)
      (this.#expected ??= new Set<string>()).add(command)
    else this.#expected?.delete(command)
  }

  /** Most bytes of a payload of `command`; undefined for a command that is none. */
  of(command: string | undefined): number {
    return command !== undefined && this.#expected?.has(command) === true
      ? maxPayloadSize(command)
      : MAX_PAYLOAD_SIZE
  }

  /** Most bytes of any payload. */
  get largest(): number {
    let largest = MAX_PAYLOAD_SIZE
    if (this.#expected !== undefined)
      for (const command of this.#expected) largest = Math.max(largest, maxPayloadSize(command))
    return largest
  }
}
