import type { BundleSize } from './bundlers.ts'
import type { MeasuredImport } from './measured-imports.ts'

/** One import as each bundler leaves it. */
export interface ImportSizes {
  readonly imported: MeasuredImport
  readonly sizes: ReadonlyMap<string, BundleSize>
}

/** Where the table stands in docs/sizes.md. */
const TABLE = /(<!-- sizes -->\n)[\s\S]*?(\n<!-- \/sizes -->)/

const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(1)

/** The table of docs/sizes.md. */
export function sizeTable(measured: readonly ImportSizes[]): string {
  const bundlers = [...(measured[0]?.sizes.keys() ?? [])]
  const head = ['import', ...bundlers, 'gzip (esbuild)', 'limit']
  const rows = measured.map(({ imported: { name, from, limit }, sizes }) => [
    `\`${name}\` of \`${from}\``,
    ...bundlers.map((bundler) => kilobytes(sizes.get(bundler)!.minified)),
    kilobytes(sizes.get('esbuild')!.gzip),
    kilobytes(limit),
  ])
  const lines = [head, ['---', ...head.slice(1).map(() => '--:')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The text of docs/sizes.md with this table in it. */
export function withTable(text: string, table: string): string {
  if (!TABLE.test(text)) throw new Error('docs/sizes.md has no place for the table')
  return text.replace(TABLE, (_, before: string, after: string) => `${before}${table}${after}`)
}

/** What costs more than it may, in words. */
export function tooLarge(measured: readonly ImportSizes[]): string[] {
  return measured.flatMap(({ imported: { name, from, limit }, sizes }) =>
    [...sizes]
      .filter(([, { minified }]) => minified > limit)
      .map(
        ([bundler, { minified }]) =>
          `${name} of ${from} costs ${minified} bytes with ${bundler}, ${limit} at most`,
      ),
  )
}
