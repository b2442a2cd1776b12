import { printable } from '@sapwood/integration'
import type { CaseResult, Report } from '../model/result.ts'
import { titleOf } from './labels.ts'
import { summaryOf } from './text.ts'

/** Failures that are told one by one: a CI takes a summary of a certain size only. */
const MOST_SHOWN = 100
/** Characters of a reason that are shown. */
const REASON_SHOWN = 300

/** A summary for the page of a CI's run, in Markdown: the totals, and each failure in a line. */
export function markdownOf(report: Report): string {
  const failed = report.results.filter(({ verdict }) => verdict === 'failed')
  const more = failed.length - MOST_SHOWN
  const rows = failed.slice(0, MOST_SHOWN).map(rowOf)
  const table = `| case | | level | expected | seen | |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  const rest = more > 0 ? `\nand ${more} more\n` : ''
  return `### conform: ${plain(titleOf(report))}

${plain(summaryOf(report))} (suite ${plain(report.suite)}, software that ${report.side})
${failed.length === 0 ? '' : `\n${table}${rest}`}
`
}

function rowOf({ name, transport, level, accepts, outcome, reason = '', known }: CaseResult): string {
  const cells = [
    `\`${name}\``,
    transport,
    known === true ? `${level}, known` : level,
    plain(accepts.join(' or ')),
    plain(outcome),
    plain(reason.slice(0, REASON_SHOWN)),
  ]
  return `| ${cells.join(' | ')} |`
}

/** Text of others as text: no markup, no further cell, no line of its own. */
function plain(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>#|!&~@]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
