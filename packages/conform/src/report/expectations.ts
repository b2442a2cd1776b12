import type { CaseResult } from '../model/result.ts'

/**
 * Known failures: a case's name in a line, with a transport before it where only that is meant; `#` begins a
 * comment.
 */
export type Expectations = ReadonlySet<string>

/** Reads a file of known failures. */
export function readExpectations(text: string): Expectations {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().replace(/\s+/, ' '))
  return new Set(lines.filter((line) => line !== ''))
}

/** Marks the failures that are known. */
export function withExpectations(result: CaseResult, known: Expectations): CaseResult {
  if (result.verdict !== 'failed') return result
  const isKnown = known.has(result.name) || known.has(`${result.transport} ${result.name}`)
  return isKnown ? { ...result, known: true } : result
}

/** Known failures that have passed: the file is to be brought up to date. */
export function noLongerFailing(results: readonly CaseResult[], known: Expectations): readonly string[] {
  return [...known].filter((line) => {
    const meant = results.filter(({ name, transport }) => line === name || line === `${transport} ${name}`)
    return meant.length > 0 && meant.every(({ verdict }) => verdict === 'passed')
  })
}
