import { describe, expect, it } from 'vitest'
import { mainnet } from '../networks/mainnet.ts'
import { regtest } from '../networks/regtest.ts'
import { testnet4 } from '../networks/testnet4.ts'
import { nextBits } from './retarget.ts'

const facts = (firstTime: number, lastTime: number, lastBits: number, firstBits = lastBits) => ({
  firstTime,
  firstBits,
  lastTime,
  lastBits,
})

describe('nextBits', () => {
  // bitcoin/bitcoin src/test/pow_tests.cpp: get_next_work, _pow_limit,
  // _lower_limit_actual, _upper_limit_actual
  it.each([
    ['a usual period', 1_261_130_161, 1_262_152_739, 0x1d00_ffff, 0x1d00_d86a],
    ['the easiest target', 1_231_006_505, 1_233_061_996, 0x1d00_ffff, 0x1d00_ffff],
    ['a period of less than a quarter', 1_279_008_237, 1_279_297_671, 0x1c05_a3f4, 0x1c01_68fd],
    ['a period of more than four times', 1_263_163_443, 1_269_211_443, 0x1c38_7f6f, 0x1d00_e1fd],
  ])('follows %s', (_, firstTime, lastTime, bits, expected) => {
    expect(nextBits(facts(firstTime, lastTime, bits), mainnet)).toBe(expected)
  })

  it('changes nothing on regtest', () => {
    expect(nextBits(facts(0, 1, 0x207f_ffff), regtest)).toBe(0x207f_ffff)
  })

  it('starts from the first block of the period under BIP94', () => {
    const easiestLast = facts(1_261_130_161, 1_262_152_739, 0x1d00_ffff, 0x1c38_7f6f)
    expect(nextBits(easiestLast, testnet4)).toBe(
      nextBits(facts(1_261_130_161, 1_262_152_739, 0x1c38_7f6f), mainnet),
    )
  })

  it('allows nothing where the easiest target is none', () => {
    expect(nextBits(facts(0, 1_209_600, 0x1d00_ffff), { ...mainnet, powLimitBits: 0 })).toBe(0)
  })

  it('takes a target that is none as zero', () => {
    expect(nextBits(facts(0, 1_209_600, 0), mainnet)).toBe(0)
  })
})
