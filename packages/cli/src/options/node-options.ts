import type { Command } from 'commander'
import { type CommonOptions, withCommonOptions } from './common-options.ts'
import { collected } from './read-option.ts'

/** Of a command that asks the network rather than one peer. */
export interface FetchOptions extends CommonOptions {
  /** The only peers that are asked; the network's own are looked for where none is named. */
  readonly connect?: readonly string[]
  /** A folder in which headers and addresses are kept from one run to the next. */
  readonly data?: string
}

/** The options of a command that asks the network. */
export function withFetchOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('-c, --connect <address>', 'ask this peer and no others (repeatable)', collected)
    .option('--data <folder>', 'keep headers and addresses here from one run to the next')
}

/** How a thing is printed besides as text and as JSON. */
export interface RawOptions {
  readonly raw?: true
  readonly hex?: true
}

/** `--raw` and `--hex`. */
export function withRawOptions(command: Command): Command {
  return command
    .option('--raw', 'the bytes themselves, as they are on the wire')
    .option('--hex', 'the bytes in hexadecimal')
}
