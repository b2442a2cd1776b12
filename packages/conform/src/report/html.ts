import type { CaseResult, Report } from '../model/result.ts'
import { labelled, titleOf } from './labels.ts'
import { escapeText } from './xml-text.ts'

const STYLE = `body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#1b1f24}
table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:left;vertical-align:top}
th{background:#f6f8fa}.passed{background:#dafbe1}.failed{background:#ffebe9}.skipped{background:#f6f8fa;color:#57606a}
.unspecified{background:#fff8c5}.known{background:#fff1e5}pre{font-size:12px;overflow-x:auto;background:#f6f8fa;padding:.5rem}
h2{margin-top:2rem}code{font-size:13px}summary{cursor:pointer;overflow-wrap:anywhere}
.wide{overflow-x:auto}.wide td:first-child{position:sticky;left:0;background:#fff;min-width:9rem;overflow-wrap:anywhere}
@media(max-width:40rem){body{margin:.75rem}}`

/**
 * One page, without anything from elsewhere: cases by area, agents side by side, and the wire of each
 * failure. Reports of one agent that have no `label` are numbered.
 */
export function htmlOf(given: readonly Report[]): string {
  const reports = labelled(given)
  const rows = matrixOf(reports)
  const areas = [...new Set(rows.map(({ name }) => areaOf(name)))]
  const heads = reports
    .map(
      (report) =>
        `<th colspan="2">${headOf(report)}<br>${report.side}, suite ${escapeText(report.suite)}</th>`,
    )
    .join('')
  const columns = reports.map(() => '<th>v1</th><th>v2</th>').join('')
  const tables = areas.map((area) => {
    const lines = rows.filter(({ name }) => areaOf(name) === area).map((row) => rowOf(row, reports.length))
    return `<h2>${escapeText(area)}</h2><div class="wide"><table><tr><th rowspan="2">case</th><th rowspan="2">level</th>${heads}</tr><tr>${columns}</tr>${lines.join('\n')}</table></div>`
  })
  const failures = reports.flatMap((report) =>
    report.results
      .filter(({ verdict }) => verdict === 'failed')
      .map((result) => failureOf(titleOf(report), result)),
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>conform</title><style>${STYLE}</style>
<h1>conform</h1>${totals(reports)}${tables.join('\n')}<h2>Failures</h2>${failures.length === 0 ? '<p>None.</p>' : failures.join('\n')}</html>\n`
}

interface Row {
  readonly name: string
  readonly level: string
  readonly says: string
  /** By report, then v1 and v2. */
  readonly results: readonly (CaseResult | undefined)[]
}

function matrixOf(reports: readonly Report[]): readonly Row[] {
  const names = [...new Set(reports.flatMap(({ results }) => results.map(({ name }) => name)))]
  const newestFirst = [...reports].sort((a, b) => compareVersions(b.suite, a.suite))
  return names.map((name) => {
    const results = reports.flatMap((report) =>
      (['v1', 'v2'] as const).map((transport) =>
        report.results.find((result) => result.name === name && result.transport === transport),
      ),
    )
    // A level and a sentence may have been mended since an older report was made.
    const { level, source } = newestFirst
      .flatMap((report) => report.results)
      .find((result) => result.name === name)!
    return { name, level, says: `${source.says} (${source.place})`, results }
  })
}

/** Versions of the suite by their numbers: `0.10.0` is later than `0.9.0`. */
function compareVersions(a: string, b: string): number {
  const [ours, theirs] = [a, b].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  for (let index = 0; index < Math.max(ours!.length, theirs!.length); index++) {
    const difference = (ours![index] ?? 0) - (theirs![index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function rowOf({ name, level, says, results }: Row, reports: number): string {
  const cells = results.slice(0, 2 * reports).map((result) => {
    if (result === undefined) return '<td></td>'
    const kind = result.known === true ? 'known' : result.verdict
    const shown = result.verdict === 'skipped' ? '–' : result.outcome
    return `<td class="${kind}" title="${escapeText(result.reason ?? '')}">${escapeText(shown)}</td>`
  })
  return `<tr><td title="${escapeText(says)}"><code>${escapeText(name)}</code></td><td>${level}</td>${cells.join('')}</tr>`
}

function failureOf(
  title: string,
  { name, transport, level, reason = '', wireLog = '', source }: CaseResult,
): string {
  return `<details><summary><code>${escapeText(name)}</code> ${transport}, ${level}, ${escapeText(title)}</summary>
<p>${escapeText(source.says)} (${escapeText(source.place)})</p><p>${escapeText(reason)}</p><pre>${escapeText(wireLog)}</pre></details>`
}

function totals(reports: readonly Report[]): string {
  const verdicts = ['passed', 'failed', 'unspecified', 'skipped'] as const
  const lines = reports.map((report) => {
    const { side, results, unfinished } = report
    const cells = verdicts.map(
      (verdict) => `<td>${results.filter((result) => result.verdict === verdict).length}</td>`,
    )
    const rest = unfinished === undefined ? '' : `<br>not all was run: ${escapeText(unfinished)}`
    return `<tr><td>${headOf(report)}${rest}</td><td>${side}</td>${cells.join('')}</tr>`
  })
  return `<div class="wide"><table><tr><th>agent</th><th>side</th>${verdicts.map((verdict) => `<th>${verdict}</th>`).join('')}</tr>${lines.join('')}</table></div>`
}

/** A label before the agent's name: it is what tells it from the others. */
function headOf({ agent, label }: Report): string {
  return label === undefined ? escapeText(agent) : `<b>${escapeText(label)}</b><br>${escapeText(agent)}`
}

function areaOf(name: string): string {
  return name.split('/')[0]!
}
