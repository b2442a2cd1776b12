import { describe, expect, it } from 'vitest'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { paysToKey } from './pays-to-key.ts'
import { scriptOperations } from './script-pushes.ts'

const read = (hex: string) =>
  [...scriptOperations(hexToBytes(hex))].map(({ opcode, data, end }) => [opcode, bytesToHex(data), end])

describe('scriptOperations', () => {
  it.each([
    ['', []],
    ['00', [[0, '', 1]]],
    ['0151', [[1, '51', 2]]],
    [
      '51ac',
      [
        [0x51, '', 1],
        [0xac, '', 2],
      ],
    ],
    [
      '4c02abcd87',
      [
        [0x4c, 'abcd', 4],
        [0x87, '', 5],
      ],
    ],
    ['4d0200abcd', [[0x4d, 'abcd', 5]]],
    ['4e02000000abcd', [[0x4e, 'abcd', 7]]],
    [`4d0201${'ab'.repeat(258)}`, [[0x4d, 'ab'.repeat(258), 261]]],
    [`4e02010000${'ab'.repeat(258)}`, [[0x4e, 'ab'.repeat(258), 263]]],
    ['4c00', [[0x4c, '', 2]]],
    [`4b${'ab'.repeat(75)}`, [[0x4b, 'ab'.repeat(75), 76]]],
  ])('reads %s', (hex, operations) => {
    expect(read(hex)).toEqual(operations)
  })

  it.each(['02ab', '4c', '4c02ab', '4d', '4d02', '4d0200ab', '4e020000', '4e02000000ab', '4effffffffab'])(
    'stops before the push of %s, which is cut short',
    (hex) => {
      expect(read(`51${hex}`)).toEqual([[0x51, '', 1]])
    },
  )
})

const KEY = `02${'11'.repeat(32)}`
const LONG_KEY = `04${'22'.repeat(64)}`

describe('paysToKey', () => {
  it.each([
    ['a short key', `21${KEY}ac`],
    ['a long key', `41${LONG_KEY}ac`],
    ['a hybrid key', `41${LONG_KEY.replace('04', '07')}ac`],
    ['a short key of the other kind', `21${KEY.replace('02', '03')}ac`],
    ['the other hybrid key', `41${LONG_KEY.replace('04', '06')}ac`],
    ['1 of 1', `5121${KEY}51ae`],
    ['1 of 2', `5121${KEY}41${LONG_KEY}52ae`],
    ['2 of 2', `5221${KEY}21${KEY}52ae`],
    ['1 of 16', `51${`21${KEY}`.repeat(16)}60ae`],
    ['17 of 20', `0111${`21${KEY}`.repeat(20)}0114ae`],
    ['a key of multisignature in a longer push', `514c21${KEY}51ae`],
  ])('sees %s', (_, hex) => {
    expect(paysToKey(hexToBytes(hex))).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['pay-to-key-hash', `76a914${'33'.repeat(20)}88ac`],
    ['a key in a longer push', `4c21${KEY}ac`],
    ['a key of a wrong kind', `21${KEY.replace('02', '05')}ac`],
    ['a long key of a wrong kind', `41${LONG_KEY.replace('04', '02')}ac`],
    ['a key too short', `2002${'11'.repeat(31)}ac`],
    ['no key', 'ac'],
    ['two keys', `21${KEY}21${KEY}ac`],
    ['a pushed OP_CHECKSIG', '01ac'],
    ['0 of 1', `0021${KEY}51ae`],
    ['2 of 1', `5221${KEY}51ae`],
    ['1 of 2 with one key', `5121${KEY}52ae`],
    ['1 of 16 as a push', `51${`21${KEY}`.repeat(16)}0110ae`],
    ['1 of 1 with a key of a wrong kind', `5121${KEY.replace('02', '04')}51ae`],
    ['a long key of the fifth kind', `41${LONG_KEY.replace('04', '05')}ac`],
    ['a key one byte too long', `42${LONG_KEY}00ac`],
    ['1 of 2 with one key of a wrong kind', `5121${KEY}21${KEY.replace('02', '04')}52ae`],
    ['1 of 17 by the opcode after OP_16', `51${`21${KEY}`.repeat(17)}61ae`],
    ['1 of 1 with OP_CHECKMULTISIGVERIFY', `5121${KEY}51af`],
    ['a key with OP_CHECKSIGVERIFY', `21${KEY}ad`],
    ['1 of 21', `51${`21${KEY}`.repeat(21)}0115ae`],
    ['a number in a longer push', `5121${KEY}0101ae`],
    ['a number in a push with a length', `51${`21${KEY}`.repeat(17)}4c0111ae`],
    ['multisignature without numbers', 'ae'],
    ['multisignature with one number', '51ae'],
    ['multisignature without keys', '5151ae'],
    ['a key that is none', '51015151ae'],
    ['a push cut short', '4c05ac'],
  ])('does not see %s', (_, hex) => {
    expect(paysToKey(hexToBytes(hex))).toBe(false)
  })
})
