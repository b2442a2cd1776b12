import { printable } from '@sapwood/integration'
import type { Report } from '../model/result.ts'

const WORDS = { passed: 'ok', failed: 'FAILED', unspecified: 'told', skipped: 'skipped' } as const

/** One result in a line, with its reason where it has one. */
export function lineOf(result: Report['results'][number]): string {
  const { verdict, level, transport, name, outcome, reason, known } = result
  const word = known === true ? 'known' : WORDS[verdict]
  const more = verdict === 'passed' ? outcome : (reason ?? outcome)
  return `${word.padEnd(8)} ${level.padEnd(6)} ${transport}  ${name}  ${more}`
}

/** How many of each verdict, in a line; of the failed ones by level. */
export function summaryOf({ agent, results, unfinished }: Report): string {
  const count = (verdict: string): number => results.filter((result) => result.verdict === verdict).length
  const failed = (level: string): number =>
    results.filter((result) => result.verdict === 'failed' && result.level === level).length
  const levels = (['must', 'should', 'core'] as const).map((level) => `${failed(level)} ${level}`).join(', ')
  const rest = unfinished === undefined ? '' : `; not all was run: ${unfinished}`
  return `${printable(agent) || 'the target'}: ${count('passed')} passed, ${count('failed')} failed (${levels}), ${count('unspecified')} unspecified, ${count('skipped')} skipped${rest}`
}
