import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CaseResult, Report } from '../model/result.ts'
import { readReport } from './read-report.ts'

const result: Required<CaseResult> = {
  name: 'bip31/ping/nonce-comes-back',
  level: 'must',
  transport: 'v2',
  verdict: 'failed',
  outcome: 'no-answer',
  accepts: ['answered'],
  source: { place: 'BIP31', says: 'A pong has the nonce of its ping.' },
  reason: 'expected a pong',
  wireLog: '  0.001 s -> ping',
  known: true,
  driverFailed: false,
  milliseconds: 5,
}
const report: Required<Report> = {
  format: 1,
  suite: '0.1.0',
  agent: '/x:1/',
  side: 'listens',
  results: [result],
  label: 'mine',
  unfinished: 'it was interrupted',
}
const read = (value: unknown): unknown => readReport(JSON.stringify(value))

interface ObjectSchema {
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, unknown>>
}
const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../report.schema.json'), 'utf8'),
) as ObjectSchema & { readonly properties: { readonly results: { readonly items: ObjectSchema } } }

it('reads what has been written, by a later version of the suite too', () => {
  expect(read(report)).toEqual(report)
  expect(read({ ...report, suite: '9.0.0', more: 7, results: [{ ...result, more: 7 }] })).toBeDefined()
})

it.each([
  ['a report', schema, report, (value: object) => value],
  ['a result', schema.properties.results.items, result, (value: object) => ({ ...report, results: [value] })],
] as const)(
  'asks of %s what its schema asks, and knows no field that it does not',
  (_, part, whole, within) => {
    expect(Object.keys(part.properties).sort()).toEqual(Object.keys(whole).sort())
    for (const name of Object.keys(whole)) {
      const { [name]: left, ...rest } = whole as unknown as Record<string, unknown>
      expect(left).toBeDefined()
      expect([name, read(within(rest)) !== undefined]).toEqual([name, !part.required.includes(name)])
      for (const wrong of [null, -1.5, [7], { says: 7 }])
        expect([name, read(within({ ...rest, [name]: wrong }))]).toEqual([name, undefined])
    }
  },
)

it.each(['', 'null', '[]', '{}', '7', '{"format":2}', 'not a report'])('takes %s for none', (text) => {
  expect(readReport(text)).toBeUndefined()
})
