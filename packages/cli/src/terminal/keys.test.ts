import { expect, it } from 'vitest'
import { keysOf } from './keys.ts'

it.each([
  ['a127', ['a', '1', '2', '7']],
  ['\x1b[A\x1b[Bq', ['\x1b[A', '\x1b[B', 'q']],
  ['\x1bOA\x1b', ['\x1bOA', '\x1b']],
  ['\x1b[1;5Cé😀\r', ['\x1b[1;5C', 'é', '😀', '\r']],
  ['', []],
])('the keys of %j', (sent, keys) => {
  expect(keysOf(sent)).toEqual(keys)
})
