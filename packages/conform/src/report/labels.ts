import type { Report } from '../model/result.ts'

/**
 * Gives those reports a label that could not be told from another one: of the same agent, and the same side.
 * @param names what each is called where it has no label of its own; its number by default.
 */
export function labelled(
  reports: readonly Report[],
  names: readonly string[] = reports.map((_, index) => `#${index + 1}`),
): readonly Report[] {
  const isLike = (one: Report, other: Report): boolean =>
    one.agent === other.agent && one.side === other.side && one.label === other.label
  return reports.map((report, index) => {
    if (!reports.some((other, at) => at !== index && isLike(report, other))) return report
    const name = names[index]!
    return { ...report, label: report.label === undefined ? name : `${report.label} (${name})` }
  })
}

/** What a report is called in a line. */
export function titleOf({ agent, label }: Report): string {
  return label === undefined ? agent : `${label}, ${agent}`
}
