import type { Report } from '../model/result.ts'
import { escapeText } from './xml-text.ts'

/** A report in the XML of JUnit, a test case for each case and transport. */
export function junitOf({ agent, results, unfinished }: Report): string {
  const failures = results.filter(({ verdict, known }) => verdict === 'failed' && known !== true).length
  const skips = results.filter(({ verdict, known }) => verdict === 'skipped' || known === true).length
  const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(3)
  const total = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const cases = results.map(
    ({ name, transport, level, verdict, reason = '', wireLog = '', milliseconds, known }) => {
      const head = `<testcase classname="conform.${transport}.${level}" name="${escapeText(name)}" time="${seconds(milliseconds)}"`
      if (verdict === 'skipped' || known === true)
        return `${head}><skipped message="${escapeText(reason)}"/></testcase>`
      if (verdict !== 'failed') return `${head}/>`
      return `${head}><failure message="${escapeText(reason)}">${escapeText(wireLog)}</failure></testcase>`
    },
  )
  if (unfinished !== undefined) {
    const error = `<error message="${escapeText(unfinished)}"/>`
    cases.push(`<testcase classname="conform" name="all cases are run" time="0">${error}</testcase>`)
  }
  const errors = unfinished === undefined ? 0 : 1
  const facts = `tests="${cases.length}" errors="${errors}" failures="${failures}" skipped="${skips}" time="${seconds(total)}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="conform ${escapeText(agent)}" ${facts}>\n${cases.join('\n')}\n</testsuite>\n`
}
