/** What of an API is other than it was. */
export interface ApiChanges {
  readonly added: readonly string[]
  /** Whoever uses one of these may have to change something. */
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** What two reports of `apiReport` do not have in common, by the names of what is exported. */
export function compareReports(before: string, after: string): ApiChanges {
  const old = sections(before)
  const now = sections(after)
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    changed: [...now].filter(([name, text]) => old.has(name) && old.get(name) !== text).map(([name]) => name),
    removed: [...old.keys()].filter((name) => !now.has(name)),
  }
}

function sections(report: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const section of report.split(/^### /m).slice(1)) {
    const end = section.indexOf('\n')
    found.set(section.slice(0, end), section.slice(end).trim())
  }
  return found
}
