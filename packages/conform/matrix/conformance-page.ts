import type { CaseResult, Report } from '@sapwood/conform'

/** A report, and what the page calls the program that it is about. */
export interface TitledReport {
  readonly title: string
  readonly report: Report
}

/** The page that shows what came of the suite: totals, and each case that did not pass everywhere. */
export function markdownOf(reports: readonly TitledReport[]): string {
  const of = (side: Report['side']): readonly TitledReport[] =>
    reports.filter(({ report }) => report.side === side)
  return `# Conformance

Made by \`npm run docs:conformance\`: the cases of [\`@sapwood/conform\`](../packages/conform) on what the machine had. A case counts only
if bitcoind passes it. What a level means is told there.

Cases are run one after the other on one program, and what it took from one it has in the next. btcd drops what comes right behind a handshake,
before the part of it that looks at blocks and headers has heard of the peer: some of its verdicts come of that.
Its connections are opened 60 ms apart: btcd 0.26 takes 20 v2 handshakes a second, and 40 at once, and ends what is beyond that before a byte of its
own (\`internal/inbound\`), so that a quick machine saw other verdicts than a slow one.

A node of ours hands on no transactions of others, since it runs no scripts: \`bip339/relay/by-wtxid\` and
\`relay/transaction-served\` fail on it by design.

## Software that listens

${partOf(of('listens'))}
## Software that dials

${partOf(of('dials'))}`
}

function partOf(reports: readonly TitledReport[]): string {
  if (reports.length === 0) return 'Nothing was run.\n'
  const names = [...new Set(reports.flatMap(({ report }) => report.results.map(({ name }) => name)))]
  const rows = names.filter((name) => reports.some(({ report }) => failures(report, name).length > 0))
  const titles = reports.map(({ title }) => title).join(' | ')
  return `| program | user agent | passed | failed: must | should | core | unspecified | skipped |
| --- | --- | --: | --: | --: | --: | --: | --: |
${reports.map(totalsOf).join('\n')}

Why cases were skipped:

${reports.map(skipsOf).join('\n')}

${rows.length === 0 ? 'No case failed anywhere.\n' : differences(rows, titles, reports)}`
}

function differences(rows: readonly string[], titles: string, reports: readonly TitledReport[]): string {
  return `Each case that failed somewhere, with what was seen. An empty cell: it passed, or had nothing to look at.

| case | level | right is | ${titles} |
| --- | --- | --- |${reports.map(() => ' --- |').join('')}
${rows.map((name) => rowOf(name, reports)).join('\n')}
`
}

function failures(report: Report, name: string): readonly CaseResult[] {
  return report.results.filter((result) => result.name === name && result.verdict === 'failed')
}

function totalsOf({ title, report }: TitledReport): string {
  const count = (verdict: string, level?: string): number =>
    report.results.filter((result) => result.verdict === verdict && (level ?? result.level) === result.level)
      .length
  const failed = ['must', 'should', 'core'].map((level) => count('failed', level))
  const agent = report.agent === '' ? '' : `\`${report.agent}\``
  return `| ${title} | ${agent} | ${count('passed')} | ${failed.join(' | ')} | ${count('unspecified')} | ${count('skipped')} |`
}

function skipsOf({ title, report }: TitledReport): string {
  const counted = new Map<string, number>()
  for (const { verdict, reason = '' } of report.results)
    if (verdict === 'skipped') counted.set(reason, (counted.get(reason) ?? 0) + 1)
  const why = [...counted].map(([reason, count]) => `${reason} (${count})`).join(', ')
  return `- ${title}: ${why === '' ? 'none was' : why}`
}

function rowOf(name: string, reports: readonly TitledReport[]): string {
  const any = reports.flatMap(({ report }) => report.results).find((result) => result.name === name)!
  const cells = reports.map(({ report }) => cellOf(failures(report, name)))
  return `| \`${name}\` | ${any.level} | ${any.accepts.join(' or ')} | ${cells.join(' | ')} |`
}

/** `alive`, where both transports show it; `v2: alive` where one does. */
function cellOf(failed: readonly CaseResult[]): string {
  const [first, second] = failed
  if (first === undefined) return ''
  if (second !== undefined && first.outcome === second.outcome) return first.outcome
  return failed.map(({ transport, outcome }) => `${transport}: ${outcome}`).join('; ')
}
