import type { CommandStats } from './transport.ts'

/** Commands counted apart: twice those that exist. */
const MAX_COMMANDS = 64

/** What the others are counted under (as in Core's `getpeerinfo`). */
const OTHER_COMMANDS = '*other*'

/** Counts one direction's messages by command, in bounded memory whatever the remote sends. */
export class CommandCounter {
  readonly #counts = new Map<string, { messages: number; bytes: number }>()
  #messages = 0

  get messages(): number {
    return this.#messages
  }

  add(command: string, bytes: number): void {
    this.#messages += 1
    let count = this.#counts.get(command)
    if (count === undefined) {
      const key = this.#counts.size < MAX_COMMANDS ? command : OTHER_COMMANDS
      count = this.#counts.get(key) ?? { messages: 0, bytes: 0 }
      this.#counts.set(key, count)
    }
    count.messages += 1
    count.bytes += bytes
  }

  snapshot(): ReadonlyMap<string, CommandStats> {
    return new Map(Array.from(this.#counts, ([command, count]) => [command, { ...count }]))
  }
}
