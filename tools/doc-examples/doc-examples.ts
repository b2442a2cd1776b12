import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { declarationsOf } from '../api/declarations-of.ts'
import type { Entry } from '../api/entries.ts'

/** An `@example` of something that is exported. */
export interface DocExample {
  /** What it is of, as programs call it. */
  readonly name: string
  /** The entry that exports it. */
  readonly specifier: string
  readonly code: string
}

/** A line that shows what an expression gives: `txid(coinbase) // …`. */
const SHOWN = /^(\s*)(.*[^\s/].*?) \/\/ (.+)$/

/** Whether anything in it can be held against what it gives. */
export function showsSomething({ code }: DocExample): boolean {
  return code.split('\n').some((line) => SHOWN.test(line))
}

/** The examples of all that the entries export, each once. */
export function docExamples(entries: readonly Entry[]): DocExample[] {
  const found = new Map<string, DocExample>()
  for (const { specifier, source, aliases } of entries) {
    for (const { name, file, local } of declarationsOf(source, aliases)) {
      const key = `${file} ${local}`
      if (found.has(key)) continue
      const code = exampleOf(file, local)
      if (code !== undefined) found.set(key, { name, specifier, code })
    }
  }
  return [...found.values()]
}

function exampleOf(file: string, name: string): string | undefined {
  const source = parsed(file)
  const tags = source.statements
    .filter((statement) => nameOf(statement) === name)
    .flatMap((statement) => ts.getJSDocTags(statement))
    .filter(({ tagName }) => tagName.text === 'example')
  return tags.map(({ comment }) => ts.getTextOfJSDocComment(comment)).find((code) => code !== undefined)
}

const sources = new Map<string, ts.SourceFile>()

function parsed(file: string): ts.SourceFile {
  let source = sources.get(file)
  if (source === undefined) {
    source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
    sources.set(file, source)
  }
  return source
}

function nameOf(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]?.name.getText()
  return (statement as ts.Statement & { readonly name?: ts.Node }).name?.getText()
}

/**
 * The examples as one program, which tells on standard output of each whose values are not those that it
 * shows, and how many ran. What they use is imported from where it is exported.
 */
export function programOf(examples: readonly DocExample[], entries: readonly Entry[]): string {
  const homes = homesOf(entries)
  const used = new Set(examples.flatMap(({ code }) => identifiersIn(code)))
  const imports = [...homes]
    .filter(([name]) => used.has(name))
    .map(([name, { specifier, isType }]) => `import { ${isType ? 'type ' : ''}${name} } from '${specifier}'`)
  const calls = examples.map(
    ({ name, specifier, code }) =>
      `await holds(${JSON.stringify(`${name} of ${specifier}`)}, async (shows) => {\n${held(code)}\n})`,
  )
  return [...imports, PRELUDE, ...calls, 'console.log(`${count} examples ran`)', ''].join('\n')
}

const PRELUDE = `
import { inspect } from 'node:util'
let count = 0
type Shows = (value: unknown, expected: string) => void
async function holds(name: string, example: (shows: Shows) => unknown): Promise<void> {
  count += 1
  try {
    await example((value, expected) => {
      const received = inspect(value, { breakLength: Infinity, compact: Infinity })
      if (received !== expected) console.log(\`\${name} shows \${expected}, and gives \${received}\`)
    })
  } catch (error) {
    console.log(\`\${name} fails: \${String(error)}\`)
  }
}
`

function held(code: string): string {
  return code
    .split('\n')
    .map((line) =>
      line.replace(SHOWN, (_, indent: string, expression: string, value: string) =>
        indent === '' || !/^(const|let) /.test(expression)
          ? `${indent}shows(${expression}, ${JSON.stringify(value)})`
          : line,
      ),
    )
    .join('\n')
}

interface Home {
  readonly specifier: string
  readonly isType: boolean
}

/** Where each exported name is imported from: the first entry that has it. */
function homesOf(entries: readonly Entry[]): Map<string, Home> {
  const homes = new Map<string, Home>()
  for (const { specifier, source, aliases } of entries) {
    for (const { name, file, local } of declarationsOf(source, aliases)) {
      if (homes.has(name)) continue
      const isType = parsed(file)
        .statements.filter((statement) => nameOf(statement) === local)
        .every((statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
      homes.set(name, { specifier, isType })
    }
  }
  return homes
}

function identifiersIn(code: string): string[] {
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true))
  return names
}
