import type { Io } from './io.ts'
import { printableJson, printableLines } from './printable.ts'

/** A line of `--json`: an object that says what it is. `lines.schema.json` has all of them. */
export interface Line {
  readonly type: string
  readonly [field: string]: unknown
}

/** Where a command's results go, in the form that was asked for. */
export interface Report {
  readonly json: boolean
  /** A result: its line of JSON, or the text for people, which is not made where it is not wanted. */
  line(line: Line, text: () => string): void
  /** A line of progress, on standard error; nothing for `--quiet`. */
  note(text: string): void
}

/** A report on these streams. Words of others, which may be in any of it, are made fit for a terminal. */
export function createReport(io: Io, { json, quiet }: { json: boolean; quiet: boolean }): Report {
  return {
    json,
    line: (line, text) => io.out(`${json ? jsonText(line) : printableLines(text())}\n`),
    note: (text) => {
      if (!quiet) io.err(`${printableLines(text)}\n`)
    },
  }
}

/** One line of JSON, amounts and services as decimal text. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (name, field: unknown) => {
    if (typeof field === 'bigint') return field.toString()
    return name === 'milliseconds' && typeof field === 'number' ? thousandths(field) : field
  })
  return printableJson(text)
}

/** No clock is better than that. */
function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
