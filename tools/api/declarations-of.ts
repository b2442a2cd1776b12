import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** Where what an entry exports is declared. */
export interface Declared {
  /** Its name outside. */
  readonly name: string
  readonly file: string
  /** Its name in that file. */
  readonly local: string
}

/** Follows the exports of an entry to their files. What is another package's is not followed. */
export function declarationsOf(entry: string, aliases: Readonly<Record<string, string>> = {}): Declared[] {
  const source = ts.createSourceFile(entry, readFileSync(entry, 'utf8'), ts.ScriptTarget.ES2022, true)
  const resolve = (specifier: string): string | undefined =>
    aliases[specifier] ?? (specifier.startsWith('.') ? join(dirname(entry), specifier) : undefined)
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return declaredIn(statement, entry)
    const { exportClause, moduleSpecifier } = statement
    const target = moduleSpecifier && resolve((moduleSpecifier as ts.StringLiteral).text)
    if (target === undefined) return []
    const there = declarationsOf(target, aliases)
    if (exportClause === undefined) return there
    if (!ts.isNamedExports(exportClause)) return []
    return exportClause.elements.flatMap(({ name, propertyName }) => {
      const one = there.find((each) => each.name === (propertyName ?? name).text)
      return one === undefined ? [] : [{ ...one, name: name.text }]
    })
  })
}

function declaredIn(statement: ts.Statement, file: string): Declared[] {
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  if (isExported !== true) return []
  const names = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map((each) => each.name.getText())
    : [(statement as ts.Statement & { readonly name?: ts.Node }).name?.getText() ?? '']
  return names.map((name) => ({ name, file, local: name }))
}
