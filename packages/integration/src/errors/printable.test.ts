import { expect, it } from 'vitest'
import { printable, printableLines } from './printable.ts'

it.each([
  ['/Sapwood:0.1.0/', '/Sapwood:0.1.0/'],
  ['/x\u001b[2J/', '/x\\u{1b}[2J/'],
  ['a\nforged', 'a\\u{a}forged'],
  ['\0\u007f\u0085', '\\u{0}\\u{7f}\\u{85}'],
  ['\u202eevil\u2028', '\\u{202e}evil\\u{2028}'],
  ['\ud800', '\\u{d800}'],
  ['größe', 'größe'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

it('keeps the lines of a text that has several', () => {
  expect(printableLines('a\u0007\nb\r\n')).toBe('a\\u{7}\nb\\u{d}\n')
})
