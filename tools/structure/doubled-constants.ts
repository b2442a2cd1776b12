import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { sourceFiles } from './read-imports.ts'

/** One limit that is declared in more than one file. */
interface DoubledConstant {
  /** The name that all go by, or that all say they have in Bitcoin Core. */
  readonly name: string
  readonly value: number | bigint
  /** Relative to the root. */
  readonly files: readonly string[]
}

/** A number that a file declares at its top. */
interface Constant {
  readonly file: string
  readonly value: number | bigint
  /** Its own, and those that its comment gives: of Bitcoin Core's constants, mostly. */
  readonly names: readonly string[]
}

/**
 * Names that say what they are only together with their file: the version of one file's format, the first
 * size of one list.
 */
const OWN_TO_EACH: ReadonlySet<string> = new Set(['FORMAT', 'LAYOUT', 'CHECKSUM_SIZE', 'FIRST_CAPACITY'])

/**
 * Numbers of one value in several files that have one name, or of which the comments give the same one: a
 * limit that is changed in one of them is not changed. One that is another's by an import is no second.
 * @param folders of source, relative to `root`.
 */
export function doubledConstants(root: string, folders: readonly string[]): readonly DoubledConstant[] {
  const files = folders.flatMap((folder) =>
    sourceFiles(join(root, folder)).map((file) => {
      const path = join(folder, file)
      return ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest)
    }),
  )
  const exported = exportedValues(files)
  const found = new Map<string, DoubledConstant & { readonly files: string[] }>()
  for (const { names, value, file } of files.flatMap((source) => constantsOf(source, exported))) {
    for (const name of names) {
      if (OWN_TO_EACH.has(name)) continue
      const key = `${name} ${value}`
      const doubled = found.get(key) ?? { name, value, files: [] }
      found.set(key, doubled)
      if (!doubled.files.includes(file)) doubled.files.push(file)
    }
  }
  return [...found.values()].filter(({ files }) => files.length > 1)
}

type Values = ReadonlyMap<string, number | bigint>

/** What an import can mean: exported numbers by their names, but for names that have several. */
function exportedValues(files: readonly ts.SourceFile[]): Values {
  const values = new Map<string, number | bigint>()
  const several = new Set<string>()
  for (const source of files) {
    for (const { names, value } of constantsOf(source, new Map(), true)) {
      const name = names[0]!
      if (values.has(name) && values.get(name) !== value) several.add(name)
      values.set(name, value)
    }
  }
  for (const name of several) values.delete(name)
  return values
}

function constantsOf(source: ts.SourceFile, imported: Values, onlyExported = false): Constant[] {
  const known = new Map(imported)
  const constants: Constant[] = []
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || initializer === undefined || !/^[A-Z][A-Z0-9_]+$/.test(name.text))
        continue
      const value = valueOf(initializer, known)
      if (value === undefined || Number.isNaN(value)) continue
      known.set(name.text, value)
      const isAnothers = ts.isIdentifier(initializer)
      if (isAnothers || (onlyExported && !isExported)) continue
      const names = [...new Set([name.text, ...namesInComment(statement, source)])]
      constants.push({ file: source.fileName, value, names })
    }
  }
  return constants
}

function namesInComment(statement: ts.Node, source: ts.SourceFile): readonly string[] {
  const ranges = ts.getLeadingCommentRanges(source.text, statement.pos) ?? []
  const last = ranges.at(-1)
  if (last === undefined) return []
  return source.text.slice(last.pos, last.end).match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []
}

/** The value of a literal, of a name that is known, or of simple arithmetic on those. */
function valueOf(node: ts.Expression, known: Values): number | bigint | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isBigIntLiteral(node)) return BigInt(node.text.replace(/n$/, ''))
  if (ts.isIdentifier(node)) return known.get(node.text)
  if (ts.isParenthesizedExpression(node)) return valueOf(node.expression, known)
  if (!ts.isBinaryExpression(node)) return undefined
  const left = valueOf(node.left, known)
  const right = valueOf(node.right, known)
  const operation = operations.get(node.operatorToken.kind)
  // A sum of both kinds is no number.
  if (left === undefined || right === undefined || typeof left !== typeof right) return undefined
  return operation?.(left as number, right as number)
}

/** On two of a kind: the operators are the same for both. */
const operations: ReadonlyMap<ts.SyntaxKind, (left: number, right: number) => number> = new Map([
  [ts.SyntaxKind.PlusToken, (left, right) => left + right],
  [ts.SyntaxKind.MinusToken, (left, right) => left - right],
  [ts.SyntaxKind.AsteriskToken, (left, right) => left * right],
  [ts.SyntaxKind.SlashToken, (left, right) => left / right],
  [ts.SyntaxKind.AsteriskAsteriskToken, (left, right) => left ** right],
  [ts.SyntaxKind.LessThanLessThanToken, (left, right) => left << right],
])
