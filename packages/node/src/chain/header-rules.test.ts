import { type Network, networks } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import {
  contextualError,
  isPermittedTransition,
  medianTimePast,
  requiredBits,
  type RuleContext,
} from './header-rules.ts'

interface Fields {
  readonly time: number
  readonly bits: number
}

/**
 * A chain that ends at `tip` and whose headers are all `fields` unless `at` says otherwise.
 * Slots are heights.
 */
function chainOf(
  network: Network,
  fields: Fields,
  at: Readonly<Record<number, Partial<Fields>>> = {},
): RuleContext {
  return {
    network,
    base: 0,
    height: (slot) => slot,
    parent: (slot) => slot - 1,
    ancestor: (_slot, height) => height,
    time: (slot) => at[slot]?.time ?? fields.time,
    bits: (slot) => at[slot]?.bits ?? fields.bits,
  }
}

const { main, testnet3, testnet4, signet, regtest } = networks

describe('the difficulty', () => {
  // Bitcoin Core, src/test/pow_tests.cpp.
  it.each([
    {
      height: 32_255,
      first: 1_261_130_161,
      last: 1_262_152_739,
      bits: 0x1d00ffff,
      next: 0x1d00d86a,
      what: 'a real one',
    },
    {
      height: 2_015,
      first: 1_231_006_505,
      last: 1_233_061_996,
      bits: 0x1d00ffff,
      next: 0x1d00ffff,
      what: 'at the limit',
    },
    {
      height: 68_543,
      first: 1_279_008_237,
      last: 1_279_297_671,
      bits: 0x1c05a3f4,
      next: 0x1c0168fd,
      what: 'down by four',
    },
    {
      height: 46_367,
      first: 1_263_163_443,
      last: 1_269_211_443,
      bits: 0x1c387f6f,
      next: 0x1d00e1fd,
      what: 'up by four',
    },
  ])('changes as on mainnet: $what', ({ height, first, last, bits, next }) => {
    const context = chainOf(
      main,
      { time: 0, bits },
      { [height]: { time: last }, [height - 2015]: { time: first } },
    )
    expect(requiredBits(context, height, last + 600)).toBe(next)
    expect(isPermittedTransition(main, height + 1, bits, next)).toBe(true)
  })

  it('stays within a period', () => {
    for (const network of [main, signet]) {
      const context = chainOf(network, { time: 1_600_000_000, bits: 0x1c05a3f4 })
      expect(requiredBits(context, 5000, 1_700_000_000)).toBe(0x1c05a3f4)
    }
  })

  it('never changes on regtest', () => {
    const context = chainOf(regtest, { time: 1_600_000_000, bits: 0x207fffff })
    expect(requiredBits(context, 143, 1_600_000_001)).toBe(0x207fffff)
    expect(requiredBits(context, 2015, 1_700_000_000)).toBe(0x207fffff)
  })

  describe.each([testnet3, testnet4])('of $name', (network) => {
    const real = 0x1c05a3f4
    const easy = network.powLimitBits

    it('may be the least for a block more than 20 minutes late', () => {
      const context = chainOf(network, { time: 1_700_000_000, bits: real })
      expect(requiredBits(context, 5000, 1_700_000_000 + 1200)).toBe(real)
      expect(requiredBits(context, 5000, 1_700_000_000 + 1201)).toBe(easy)
    })

    it('returns to the last real one', () => {
      const context = chainOf(
        network,
        { time: 1_700_000_000, bits: real },
        { 5000: { bits: easy }, 4999: { bits: easy } },
      )
      expect(requiredBits(context, 5000, 1_700_000_100)).toBe(real)
    })

    it('stays the least where a whole period has no other', () => {
      const context = chainOf(network, { time: 1_700_000_000, bits: easy })
      expect(requiredBits(context, 5000, 1_700_000_100)).toBe(easy)
    })
  })

  it('is computed from the last block of a period on testnet3, from the first on testnet4 (BIP94)', () => {
    const at = {
      2016: { time: 1_700_000_000, bits: 0x1c05a3f4 },
      4031: { time: 1_700_000_000 + 14 * 24 * 3600, bits: 0x1d00ffff },
    }
    expect(requiredBits(chainOf(testnet3, { time: 0, bits: 0 }, at), 4031, 1_701_300_000)).toBe(0x1d00ffff)
    expect(requiredBits(chainOf(testnet4, { time: 0, bits: 0 }, at), 4031, 1_701_300_000)).toBe(0x1c05a3f4)
  })

  it('moves by a factor of four at most, at the end of a period, whatever the chain', () => {
    expect(isPermittedTransition(main, 2017, 0x1d00ffff, 0x1d00fffe)).toBe(false)
    expect(isPermittedTransition(main, 2016, 0x1c05a3f4, 0x1c0168fd)).toBe(true)
    expect(isPermittedTransition(main, 2016, 0x1c05a3f4, 0x1c0168fc)).toBe(false)
    expect(isPermittedTransition(main, 2016, 0x1c387f6f, 0x1d00e1fd)).toBe(true)
    expect(isPermittedTransition(main, 2016, 0x1c387f6f, 0x1d00e1fe)).toBe(false)
    expect(isPermittedTransition(testnet3, 2017, 0x1c05a3f4, 0x1d00ffff)).toBe(true)
  })
})

describe('the times', () => {
  it('have a median of eleven, or of as many as there are', () => {
    const times: Record<number, { time: number }> = {}
    ;[5, 3, 9, 1, 7, 11, 2, 8, 6, 10, 4].forEach((time, slot) => (times[slot + 100] = { time }))
    expect(medianTimePast(chainOf(main, { time: 0, bits: 0 }, times), 110)).toBe(6)
    const young = chainOf(
      main,
      { time: 0, bits: 0 },
      { 0: { time: 10 }, 1: { time: 30 }, 2: { time: 20 }, 3: { time: 40 } },
    )
    expect(medianTimePast(young, 0)).toBe(10)
    expect(medianTimePast(young, 2)).toBe(20)
    expect(medianTimePast(young, 3)).toBe(30)
  })

  it('may be before the checkpoint that a chain begins with, whose past nobody here knows', () => {
    // 1000 at the checkpoint, 1001 in the block after it, and so on: what is below may be far earlier.
    const from = (tip: number): RuleContext => ({
      ...chainOf(main, { time: 0, bits: 0x1d00ffff }),
      base: 2_016,
      time: (slot) => (slot > tip ? 0 : 1_000 + slot - 2_016),
    })
    const codeAt = (parent: number, time: number): string | undefined =>
      contextualError(from(parent), { version: 4, time, bits: 0x1d00ffff }, parent, 2_000)?.code
    expect(codeAt(2_016, 900)).toBeUndefined()
    expect(codeAt(2_020, 900)).toBeUndefined()
    // Six of the eleven are known: the median is the first of them at least.
    expect(codeAt(2_021, 1_000)).toBe('time-too-old')
    expect(codeAt(2_021, 1_001)).toBeUndefined()
    expect(codeAt(2_026, 1_005)).toBe('time-too-old')
    expect(codeAt(2_026, 1_006)).toBeUndefined()
    expect(codeAt(2_027, 1_006)).toBe('time-too-old')
  })

  it('may not go back more than ten minutes at the start of a period on testnet4 (BIP94)', () => {
    const base = 1_700_000_000
    for (const [network, seconds, code] of [
      [testnet4, 600, undefined],
      [testnet4, 601, 'time-warp'],
      [testnet3, 601, undefined],
    ] as const) {
      const context = chainOf(
        network,
        { time: base - 5000, bits: network.powLimitBits },
        { 4031: { time: base } },
      )
      const time = base - seconds
      const bits = requiredBits(context, 4031, time)
      const error = contextualError(context, { version: 4, time, bits }, 4031, base)
      expect(error?.code).toBe(code)
    }
  })
})

describe('the version', () => {
  it.each([
    { height: 227_930, least: -1 },
    { height: 227_931, least: 2 },
    { height: 363_724, least: 2 },
    { height: 363_725, least: 3 },
    { height: 388_381, least: 4 },
  ])('is at least $least at height $height of mainnet', ({ height, least }) => {
    const context = chainOf(main, { time: 1_600_000_000, bits: 0x1c05a3f4 })
    const check = (version: number): string | undefined =>
      contextualError(context, { version, time: 1_600_000_001, bits: 0x1c05a3f4 }, height - 1, 1_600_000_000)
        ?.code
    expect(check(least)).toBeUndefined()
    expect(check(0x20000000)).toBeUndefined()
    if (least > 0) expect(check(least - 1)).toBe('bad-version')
  })
})
