import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { declarationsOf } from './declarations-of.ts'

/** What an entry exports without a TSDoc comment: a name that says nothing of itself in an editor. */
export function undocumented(entry: string, aliases: Readonly<Record<string, string>> = {}): string[] {
  return declarationsOf(entry, aliases)
    .filter(({ file, local }) => {
      const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
      const statements = source.statements.filter((statement) => declares(statement, local))
      return statements.length > 0 && !statements.some(isDocumented)
    })
    .map(({ name }) => name)
}

function isDocumented(statement: ts.Statement): boolean {
  return ts.getJSDocCommentsAndTags(statement).length > 0
}

function declares(statement: ts.Statement, name: string): boolean {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.some((each) => each.name.getText() === name)
  }
  return (statement as ts.Statement & { readonly name?: ts.Node }).name?.getText() === name
}
