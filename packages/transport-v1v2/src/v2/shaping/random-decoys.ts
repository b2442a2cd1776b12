import type { Random } from '../../environment/random.ts'
import type { Shaping } from './shaping.ts'

/** How often decoys are sent, and how large. */
export interface RandomDecoysOptions {
  /** How often a message is followed by a decoy, 0 to 1. Default: 0.25. */
  readonly probability?: number
  /** Largest contents of a decoy in bytes; each size up to it is as likely. Default: 512. */
  readonly maxLength?: number
}

/**
 * Sends decoys of random sizes after random messages: the count and the sizes of messages can no longer be
 * read off.
 */
export function randomDecoys(options: RandomDecoysOptions = {}): Shaping {
  const { probability = 0.25, maxLength = 512 } = options
  if (!(probability >= 0 && probability <= 1)) throw new RangeError('A probability is 0 to 1')
  if (!Number.isInteger(maxLength) || maxLength < 0)
    throw new RangeError('A length is a whole number of bytes')
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
