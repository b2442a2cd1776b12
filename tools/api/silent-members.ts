import { readFileSync } from 'node:fs'
import ts from 'typescript'
import type { Declared } from './declarations-of.ts'

/** Members of what is exported that have no TSDoc comment, as `Name.member`. */
export function silentMembers(declared: readonly Declared[]): string[] {
  const found = new Set<string>()
  for (const { file, local } of declared) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
    for (const statement of source.statements) {
      if (nameOf(statement) !== local) continue
      for (const member of membersOf(statement)) {
        const name = publicNameOf(member)
        if (name === undefined || ts.getJSDocCommentsAndTags(member).length > 0) continue
        found.add(`${local}.${name}`)
      }
    }
  }
  return [...found]
}

function nameOf(statement: ts.Statement): string | undefined {
  return (statement as ts.Statement & { readonly name?: ts.Node }).name?.getText()
}

function membersOf(statement: ts.Statement): readonly (ts.TypeElement | ts.ClassElement)[] {
  if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) return [...statement.members]
  if (ts.isTypeAliasDeclaration(statement) && ts.isTypeLiteralNode(statement.type)) {
    return [...statement.type.members]
  }
  return []
}

/** What programs call it by; what the language calls by itself, and what nobody outside sees, has none. */
function publicNameOf(member: ts.TypeElement | ts.ClassElement): string | undefined {
  const { name } = member
  if (name === undefined || ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name)) return undefined
  const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : []
  const isHidden = modifiers.some(
    ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.OverrideKeyword,
  )
  return isHidden ? undefined : name.getText()
}
