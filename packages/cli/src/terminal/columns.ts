import { printable } from './printable.ts'

/** How a column of a table stands. */
interface Column {
  readonly head: string
  /** Default: `left`. */
  readonly align?: 'left' | 'right'
}

/** A table in plain columns, two blanks apart, that a pipe can cut; its cells are made fit for a terminal. */
export function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const heads = columns.map(({ head }) => head)
  const lines = (columns.some(({ head }) => head !== '') ? [heads, ...rows] : rows).map((row) =>
    row.map(printable),
  )
  const widths = columns.map((_, index) => Math.max(...lines.map((row) => row[index]?.length ?? 0), 0))
  return lines
    .map((row) =>
      row
        .map((cell, index) => {
          const width = widths[index] ?? 0
          return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
