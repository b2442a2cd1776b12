import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Root of the repository. */
export const root = resolve(import.meta.dirname, '../..')
/** Where Vitest writes what came of a run, of a clone with this root. */
export const resultsFile = (clone: string = root): string => join(clone, '.cache', 'test-results.json')

interface WrittenResults {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

export interface TestSummary {
  readonly passed: number
  readonly failed: number
  /** `path: name` of each test that failed, and the path of each file that could not be loaded. */
  readonly failures: readonly string[]
}

/**
 * What came of a run: from the results that it wrote, and its exit code, which is not 0 for a fault outside
 * of every test too. No results at all are one failure.
 */
export function readSummary(file: string, exitCode: number, clone: string = root): TestSummary {
  let results: WrittenResults
  try {
    results = JSON.parse(readFileSync(file, 'utf8')) as WrittenResults
  } catch {
    return { passed: 0, failed: 1, failures: ['the run wrote no results'] }
  }
  const failures = results.testResults.flatMap((test) => {
    const path = test.name.replace(`${clone}/`, '')
    // A file that could not be loaded has no tests of its own to count; it is a failure all the same.
    if (test.status === 'failed' && test.assertionResults.length === 0) return [path]
    return test.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => `${path}: ${fullName}`)
  })
  if (failures.length === 0 && exitCode !== 0) failures.push(`exit code ${exitCode} outside of every test`)
  return { passed: results.numPassedTests, failed: failures.length, failures }
}
