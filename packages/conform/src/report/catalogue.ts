import type { ConformCase } from '../model/conform-case.ts'
import { SUITE_VERSION } from '../model/suite-version.ts'

/** A case in a line: what it rests on, and where that stands. */
export function caseLineOf({ name, level, side, source }: ConformCase): string {
  return `${level.padEnd(6)} ${side.padEnd(7)} ${name}  ${source.says} (${source.place})`
}

/** The cases with all that is known of them but how they are run, as JSON. */
export function catalogueOf(cases: readonly ConformCase[]): string {
  const entries = cases.map(({ name, side, level, source, since, transports, needs = [], accepts }) => ({
    name,
    side,
    level,
    source,
    since,
    transports: transports ?? ['v1', 'v2'],
    needs,
    accepts,
  }))
  return `${JSON.stringify({ suite: SUITE_VERSION, cases: entries }, null, 2)}\n`
}
