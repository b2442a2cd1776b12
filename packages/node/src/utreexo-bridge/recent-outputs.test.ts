import { expect, it } from 'vitest'
import { RecentOutputs } from './recent-outputs.ts'

it('outputs at hand take no more than they may: the oldest go first', () => {
  const outputs = new RecentOutputs(1_000)
  for (let n = 0; n < 5; n++) outputs.put(`${n}`, new Uint8Array(50).fill(n))
  expect([...Array(5).keys()].map((n) => outputs.get(`${n}`)?.[0])).toEqual([undefined, undefined, 2, 3, 4])
  outputs.put('3', new Uint8Array(50).fill(9))
  outputs.delete('2')
  outputs.put('5', new Uint8Array(50).fill(5))
  expect([...Array(6).keys()].map((n) => outputs.get(`${n}`)?.[0])).toEqual([
    undefined,
    undefined,
    undefined,
    9,
    4,
    5,
  ])
  outputs.put('large', new Uint8Array(2_000))
  expect(outputs.get('large')).toBeUndefined()
  outputs.clear()
  expect(outputs.get('5')).toBeUndefined()
})
