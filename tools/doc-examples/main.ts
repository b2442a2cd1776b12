import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { entriesOf } from '../api/entries.ts'
import { docExamples, programOf, showsSomething } from './doc-examples.ts'

// Type-checks the `@example`s of all that is exported, as a program of somebody else. That they give what
// they show is a test.
const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache/doc-examples')
const entries = entriesOf(root)
const examples = docExamples(entries).filter(showsSomething)
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'examples.mts'), programOf(examples, entries))
const compilerOptions = { isolatedDeclarations: false, declaration: false }
const tsconfig = { extends: '../../tools/tsconfig/node.json', compilerOptions, files: ['examples.mts'] }
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
console.log(
  `${examples.length} examples of exported names ${status === 0 ? 'compile' : 'do not all compile'}`,
)
process.exitCode = status ?? 1
