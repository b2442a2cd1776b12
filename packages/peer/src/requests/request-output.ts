import type { Message } from '@sapwood/wire-codec'
import type { Expectations } from './expectations.ts'

/**
 * What a request's topic works with: the way to the remote, and the memory of replies that nobody waits for.
 */
export interface RequestOutput {
  readonly send: (message: Message) => void
  /** Whether a message of `command` is expected that may be larger than all others. */
  readonly expectLarge: (command: string, expected: boolean) => void
  readonly expectations: Expectations
}
