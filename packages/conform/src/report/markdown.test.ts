import { expect, it } from 'vitest'
import type { CaseResult, Report } from '../model/result.ts'
import { markdownOf } from './markdown.ts'

const failure: CaseResult = {
  name: 'inv/50001-refused',
  level: 'core',
  transport: 'v1',
  verdict: 'failed',
  outcome: 'alive',
  accepts: ['closed'],
  source: { place: 'Core', says: 'It is.' },
  reason: 'expected closed | received\n<b>alive</b>',
  milliseconds: 1,
}
const report: Report = { format: 1, suite: '0.3.0', agent: '/a|b/', side: 'listens', results: [failure] }

it('a summary has each failure in one row, and nothing of the target as markup', () => {
  const text = markdownOf({ ...report, label: 'mine' })
  expect(text).toMatch(/^### conform: mine, \/a&#124;b\/\n/)
  expect(text).toContain('0 passed, 1 failed (0 must, 0 should, 1 core)')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toEqual([
    '| `inv/50001-refused` | v1 | core | closed | alive | expected closed &#124; received&#92;u&#123;a&#125;&#60;b&#62;alive&#60;/b&#62; |',
  ])
})

it('a summary counts the failures that it does not show, and has no table without any', () => {
  const many = markdownOf({ ...report, results: Array.from({ length: 130 }, () => failure) })
  expect(many.split('\n').filter((line) => line.startsWith('| `'))).toHaveLength(100)
  expect(many).toContain('and 30 more')
  expect(markdownOf({ ...report, results: [] })).not.toContain('|')
})
