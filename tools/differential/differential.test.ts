import { expect, it } from 'vitest'
import { Draw } from './draw.ts'
import { same } from './target.ts'

it('the same seed draws the same, another one something else', () => {
  const drawn = (seed: string): Uint8Array => new Draw(seed).bytes(64)
  expect(drawn('1')).toEqual(drawn('1'))
  expect(drawn('1')).not.toEqual(drawn('2'))
  const draw = new Draw('lengths')
  const lengths = Array.from({ length: 1_000 }, () => draw.length(100, [640]))
  expect(lengths.every((length) => length >= 0 && (length <= 100 || (length >= 638 && length <= 642)))).toBe(
    true,
  )
  expect(lengths.some((length) => length > 100)).toBe(true)
})

it('a difference is told with what it was in', () => {
  const what = (): string => 'three bytes'
  expect(() => same(Uint8Array.of(1), Uint8Array.of(1), what)).not.toThrow()
  expect(() => same(undefined, undefined, what)).not.toThrow()
  expect(() => same(Uint8Array.of(1), Uint8Array.of(2), what)).toThrow('three bytes: 01 and 02')
  expect(() => same(undefined, Uint8Array.of(2), what)).toThrow('nothing and 02')
})
