import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** One exported name: what it is called outside, and how it is declared. */
interface Exported {
  readonly name: string
  readonly declaration: string
}

/**
 * What an entry of a package exports, by name, with its declarations as the compiler writes them, without
 * comments. Read from the sources: nothing has to be built, and every file is looked at by itself.
 * @param entry `src/…/index.ts`. @param aliases What `#crypto` stands for.
 */
export function apiReport(entry: string, aliases: Readonly<Record<string, string>> = {}): string {
  const reader = new ExportReader(aliases)
  const exported = [...reader.exportsOf(entry).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return exported
    .map(({ name, declaration }) => `### ${name}\n\n\`\`\`ts\n${declaration}\n\`\`\`\n`)
    .join('\n')
}

class ExportReader {
  readonly #aliases: Readonly<Record<string, string>>
  readonly #declarations = new Map<string, ts.SourceFile>()

  constructor(aliases: Readonly<Record<string, string>>) {
    this.#aliases = aliases
  }

  /** By the name that it has outside. */
  exportsOf(file: string): Map<string, Exported> {
    const found = new Map<string, Exported>()
    const source = this.#declarationsOf(file)
    for (const statement of source.statements) {
      if (ts.isExportDeclaration(statement)) this.#addReExports(statement, file, found)
      else if (isExported(statement)) this.#addDeclared(statement, source, found)
    }
    return found
  }

  #addReExports(statement: ts.ExportDeclaration, file: string, found: Map<string, Exported>): void {
    const { exportClause, moduleSpecifier } = statement
    if (moduleSpecifier === undefined) return this.#addListed(statement, file, found)
    if (!ts.isStringLiteral(moduleSpecifier)) return
    const target = this.#resolve(moduleSpecifier.text, file)
    // Of another package: that has a report of its own.
    if (target === undefined) {
      const text = statement.getText()
      found.set(text, { name: text, declaration: text })
      return
    }
    const there = this.exportsOf(target)
    if (exportClause === undefined) for (const [name, one] of there) found.set(name, one)
    else if (ts.isNamedExports(exportClause)) {
      for (const { name, propertyName } of exportClause.elements) {
        const one = there.get((propertyName ?? name).text)
        if (one === undefined) throw new Error(`${file} exports ${name.text}, which ${target} does not have`)
        found.set(name.text, { ...one, name: name.text })
      }
    }
  }

  /** `export { one, two }` of what the file declares, or has imported. */
  #addListed({ exportClause }: ts.ExportDeclaration, file: string, found: Map<string, Exported>): void {
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return
    const source = this.#declarationsOf(file)
    for (const { name, propertyName } of exportClause.elements) {
      const local = (propertyName ?? name).text
      const declared = source.statements.filter((statement) => namesOf(statement).includes(local))
      const imported = declared.length > 0 ? undefined : this.#imported(local, file)
      const declaration = declared.map((statement) => statement.getText(source)).join('\n')
      found.set(name.text, { name: name.text, declaration: imported?.declaration ?? declaration })
    }
  }

  #imported(local: string, file: string): Exported | undefined {
    for (const statement of this.#declarationsOf(file).statements) {
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
      const bindings = statement.importClause?.namedBindings
      if (bindings === undefined || !ts.isNamedImports(bindings)) continue
      const one = bindings.elements.find(({ name }) => name.text === local)
      if (one === undefined) continue
      const target = this.#resolve(statement.moduleSpecifier.text, file)
      if (target === undefined) return undefined
      return this.exportsOf(target).get((one.propertyName ?? one.name).text)
    }
    return undefined
  }

  #addDeclared(statement: ts.Statement, source: ts.SourceFile, found: Map<string, Exported>): void {
    const declaration = statement.getText(source)
    for (const name of namesOf(statement)) {
      const before = found.get(name)
      // Overloads, and a type beside a value of its name.
      found.set(name, {
        name,
        declaration: before === undefined ? declaration : `${before.declaration}\n${declaration}`,
      })
    }
  }

  #resolve(specifier: string, from: string): string | undefined {
    const alias = this.#aliases[specifier]
    if (alias !== undefined) return alias
    return specifier.startsWith('.') ? join(dirname(from), specifier) : undefined
  }

  #declarationsOf(file: string): ts.SourceFile {
    let source = this.#declarations.get(file)
    if (source === undefined) {
      const { outputText } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
        fileName: file,
        compilerOptions: { target: ts.ScriptTarget.ES2022, removeComments: true, stripInternal: true },
      })
      source = ts.createSourceFile(file, outputText, ts.ScriptTarget.ES2022, true)
      this.#declarations.set(file, source)
    }
    return source
  }
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    )
  }
  const { name } = statement as ts.Statement & { readonly name?: ts.Node }
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : []
}
