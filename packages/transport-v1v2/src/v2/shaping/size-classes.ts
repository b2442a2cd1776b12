import { listOf, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import { refuseArgument } from '../../errors/refuse-argument.ts'
import { TransportError } from '../../errors/transport-error.ts'
import { MAX_CONTENTS_LENGTH, V2_PACKET_OVERHEAD } from '../packet-codec.ts'
import type { Shaping } from './shaping.ts'

/** Powers of two from 256 bytes to 4 MiB. */
export const DEFAULT_SIZE_CLASSES: readonly number[] = Array.from({ length: 15 }, (_, index) => 256 << index)

/** To which sizes messages are filled up. */
export interface SizeClassesOptions {
  /**
   * Bytes on the wire that a message and its padding may come to, in rising order. Default:
   * `DEFAULT_SIZE_CLASSES`.
   */
  readonly classes?: readonly number[]
}

const sizeClassesOptions = optionsOf<SizeClassesOptions>({
  classes: listOf(wholeNumber(2 * V2_PACKET_OVERHEAD + 1)),
})

/**
 * Pads every message with one decoy so that both together have one of a few sizes: an observer sees the class
 * and not the message. A message larger than the largest class is padded to the next multiple of it. A
 * message that fills its class up to the last 19 bytes, where no decoy fits, goes to the next.
 * @throws TransportError `invalid-argument`.
 */
export function sizeClasses(options: SizeClassesOptions = {}): Shaping {
  refuseArgument(sizeClassesOptions, options, 'sizeClasses: options')
  const classes = options.classes ?? DEFAULT_SIZE_CLASSES
  const largest = classes.at(-1)
  if (largest === undefined || classes.some((size, index) => size <= (classes[index - 1] ?? 0))) {
    throw new TransportError('invalid-argument', 'sizeClasses: options.classes: expected sizes that rise')
  }
  return {
    plan: (contentsLength) => {
      const bare = contentsLength + V2_PACKET_OVERHEAD
      const least = bare + V2_PACKET_OVERHEAD
      if (classes.includes(bare)) return undefined
      const size = classes.find((candidate) => candidate >= least) ?? Math.ceil(least / largest) * largest
      return { before: [], after: [Math.min(size - least, MAX_CONTENTS_LENGTH)] }
    },
  }
}
