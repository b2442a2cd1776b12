import type { Random } from '../environment/random.ts'

/**
 * Random bytes that are the same for the same seed: for tests and simulations only, as anyone can predict
 * them (xoshiro128**, seeded by splitmix32).
 * @param seed any number or text.
 * @example
 * const first = createSeededRandom(7).bytes(4)
 * bytesEqual(createSeededRandom(7).bytes(4), first) // true
 */
export function createSeededRandom(seed: number | string): Random {
  const state = seedState(typeof seed === 'number' ? seed >>> 0 : hashText(seed))
  return {
    bytes: (length) => {
      const bytes = new Uint8Array(length)
      for (let offset = 0; offset < length; offset += 4) {
        const word = nextWord(state)
        for (let index = 0; index < 4 && offset + index < length; index++) {
          bytes[offset + index] = word >>> (8 * index)
        }
      }
      return bytes
    },
  }
}

function nextWord(state: Uint32Array): number {
  const a = state[0]!
  const b = state[1]!
  const c = state[2]!
  const d = state[3]!
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
  const mixed = c ^ a
  const last = d ^ b
  state[1] = b ^ mixed
  state[0] = a ^ last
  state[2] = mixed ^ (b << 9)
  state[3] = rotateLeft(last, 11)
  return result
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function seedState(seed: number): Uint32Array {
  let counter = seed
  return Uint32Array.from({ length: 4 }, () => {
    counter = (counter + 0x9e3779b9) >>> 0
    let word = counter
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  })
}

/** FNV-1a over the UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
