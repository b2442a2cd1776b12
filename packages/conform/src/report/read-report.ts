import type { CaseResult, Report } from '../model/result.ts'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const flag: Check = (value) => typeof value === 'boolean'
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]))

/** What `report.schema.json` says of a result. */
const result: Readonly<Record<keyof CaseResult, Check>> = {
  name: text,
  level: oneOf('must', 'should', 'core', 'info'),
  transport: oneOf('v1', 'v2'),
  verdict: oneOf('passed', 'failed', 'unspecified', 'skipped'),
  outcome: text,
  accepts: list(text),
  source: object({ place: text, says: text }),
  reason: optional(text),
  wireLog: optional(text),
  known: optional(flag),
  driverFailed: optional(flag),
  milliseconds: (value) => Number.isInteger(value) && Number(value) >= 0,
}

/** What it says of a report. */
const report: Readonly<Record<keyof Report, Check>> = {
  format: oneOf(1),
  suite: text,
  agent: text,
  side: oneOf('listens', 'dials'),
  results: list(object(result)),
  label: optional(text),
  unfinished: optional(text),
}

/** A report as `--json` has written it, by any version of the suite; undefined where a text is none. */
export function readReport(json: string): Report | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  return object(report)(value) ? (value as Report) : undefined
}
