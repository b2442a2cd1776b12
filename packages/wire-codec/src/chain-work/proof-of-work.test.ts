import { describe, expect, it } from 'vitest'
import { mainnet } from '../networks/mainnet.ts'
import { regtest } from '../networks/regtest.ts'
import { hasProofOfWork, hashToNumber, meetsBits } from './proof-of-work.ts'
import { bitsToTarget } from './target.ts'

/** The bytes of a number as a hash holds them. */
const hashOf = (number: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn))

describe('hashToNumber', () => {
  it('takes the first byte as the lowest', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
    expect(hashToNumber(bytes)).toBe(0x201f1e1d1c1b1a191817161514131211100f0e0d0c0b0a090807060504030201n)
    expect(hashToNumber(new Uint8Array(32).fill(0xff))).toBe((1n << 256n) - 1n)
  })
})

describe('proof of work', () => {
  const limit = bitsToTarget(mainnet.powLimitBits)!

  it('is a hash of at most the target', () => {
    expect(meetsBits(hashOf(limit), mainnet.powLimitBits, mainnet)).toBe(true)
    expect(meetsBits(hashOf(limit + 1n), mainnet.powLimitBits, mainnet)).toBe(false)
    expect(meetsBits(hashOf(0n), mainnet.powLimitBits, mainnet)).toBe(true)
    expect(meetsBits(hashOf(0x1234n), 0x0212_3400, mainnet)).toBe(true)
    expect(meetsBits(hashOf(0x1235n), 0x0212_3400, mainnet)).toBe(false)
  })

  it('is none with a target that the network does not allow', () => {
    for (const bits of [0, 0x1d80_ffff, 0x1d01_0000, regtest.powLimitBits, 0xff12_3456])
      expect(meetsBits(hashOf(0n), bits, mainnet)).toBe(false)
    expect(meetsBits(hashOf(0n), 0x1d00_ffff, { ...mainnet, powLimitBits: 0 })).toBe(false)
  })

  it('is in the first block, and not in one that differs', () => {
    expect(hasProofOfWork(mainnet.genesis, mainnet)).toBe(true)
    expect(hasProofOfWork({ ...mainnet.genesis, nonce: 1 }, mainnet)).toBe(false)
    expect(hasProofOfWork({ ...mainnet.genesis, bits: 0x1c00_ffff }, mainnet)).toBe(false)
  })
})
