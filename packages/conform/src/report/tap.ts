import type { Report } from '../model/result.ts'

/** A report in the Test Anything Protocol, version 14. */
export function tapOf({ results, unfinished }: Report): string {
  const lines = results.map(({ name, transport, verdict, reason = '', wireLog, known }, index) => {
    const title = `${index + 1} - ${transport} ${name}`
    if (verdict === 'skipped') return `ok ${title} # SKIP ${oneLine(reason)}`
    if (verdict !== 'failed') return `ok ${title}`
    if (known === true) return `not ok ${title} # TODO known`
    const log = (wireLog ?? '').split('\n').map((line) => `    ${line}`)
    return [
      `not ok ${title}`,
      '  ---',
      `  reason: ${JSON.stringify(reason)}`,
      // How far it is indented is told: the first line of a log may be further than those that follow.
      '  wire: |2',
      ...log,
      '  ...',
    ].join('\n')
  })
  const rest = unfinished === undefined ? '' : `Bail out! ${oneLine(unfinished)}\n`
  return `TAP version 14\n1..${results.length}\n${lines.map((line) => `${line}\n`).join('')}${rest}`
}

function oneLine(text: string): string {
  return text.replace(/[\r\n#]+/g, ' ')
}
