import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFiles } from './read-imports.ts'

/** A constant that is declared in more than one file, with one value. */
interface DoubledConstant {
  readonly name: string
  readonly value: number
  /** Relative to the root. */
  readonly files: readonly string[]
}

/**
 * Names that say what they are only together with their file: the version of one file's format, the first
 * size of one list.
 */
const OWN_TO_EACH: ReadonlySet<string> = new Set(['FORMAT', 'LAYOUT', 'CHECKSUM_SIZE', 'FIRST_CAPACITY'])

/**
 * Numbers with one name and one value in several files: a limit that is changed in one of them is not
 * changed.
 * @param folders of source, relative to `root`.
 */
export function doubledConstants(root: string, folders: readonly string[]): readonly DoubledConstant[] {
  const found = new Map<string, { readonly name: string; readonly value: number; readonly files: string[] }>()
  for (const folder of folders) {
    for (const file of sourceFiles(join(root, folder))) {
      for (const [name, value] of constantsOf(readFileSync(join(root, folder, file), 'utf8'))) {
        if (OWN_TO_EACH.has(name)) continue
        const key = `${name} ${value}`
        const doubled = found.get(key) ?? { name, value, files: [] }
        found.set(key, doubled)
        doubled.files.push(join(folder, file))
      }
    }
  }
  return [...found.values()].filter(({ files }) => files.length > 1)
}

/** Numbers that a file declares at its top: literals, products and sums of those and of each other. */
function constantsOf(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const [, name, expression] of text.matchAll(DECLARATION)) {
    const value = valueOf(expression!, values)
    if (value !== undefined) values.set(name!, value)
  }
  return values
}

const DECLARATION = /^(?:export )?const ([A-Z][A-Z0-9_]+)(?:: number)? = ([\w +*]+)$/gm

function valueOf(expression: string, known: ReadonlyMap<string, number>): number | undefined {
  let sum = 0
  for (const product of expression.split('+')) {
    let value = 1
    for (const factor of product.split('*')) value *= numberOf(factor.trim(), known)
    sum += value
  }
  return Number.isNaN(sum) ? undefined : sum
}

function numberOf(text: string, known: ReadonlyMap<string, number>): number {
  return (
    known.get(text) ?? (/^\d[\w]*$/.test(text) ? Number(text.replaceAll('_', '').replace(/n$/, '')) : NaN)
  )
}
