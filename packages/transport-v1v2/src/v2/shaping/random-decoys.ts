import { argument, optionsOf, wholeNumber } from '@sapwood/wire-codec/arguments'
import type { Random } from '../../environment/random.ts'
import { refuseArgument } from '../../errors/refuse-argument.ts'
import { MAX_CONTENTS_LENGTH } from '../packet-codec.ts'
import type { Shaping } from './shaping.ts'

/** How often decoys are sent, and how large. */
export interface RandomDecoysOptions {
  /** How often a message is followed by a decoy, 0 to 1. Default: 0.25. */
  readonly probability?: number
  /** Largest contents of a decoy in bytes, up to 4,000,013; each size up to it is as likely. Default: 512. */
  readonly maxLength?: number
}

const randomDecoysOptions = optionsOf<RandomDecoysOptions>({
  probability: argument('0 to 1', (value) => typeof value === 'number' && value >= 0 && value <= 1),
  maxLength: wholeNumber(0, MAX_CONTENTS_LENGTH),
})

/**
 * Sends decoys of random sizes after random messages: the count and the sizes of messages can no longer be
 * read off.
 * @throws TransportError `invalid-argument`.
 */
export function randomDecoys(options: RandomDecoysOptions = {}): Shaping {
  refuseArgument(randomDecoysOptions, options, 'randomDecoys: options')
  const { probability = 0.25, maxLength = 512 } = options
  return {
    plan: (_, random) =>
      fraction(random) < probability
        ? { before: [], after: [Math.floor(fraction(random) * (maxLength + 1))] }
        : undefined,
  }
}

/** A random number from 0 up to 1, in steps of 2^-32. */
function fraction(random: Random): number {
  const bytes = random.bytes(4)
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32
}
