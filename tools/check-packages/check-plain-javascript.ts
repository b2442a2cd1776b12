import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sh } from './pack.ts'

const TSC = resolve(import.meta.dirname, '../../node_modules/.bin/tsc')

/**
 * Checks programs in plain JavaScript as an editor does, with the types of what is installed in `folder`,
 * `@types/node` among it.
 * @param files below `folder`.
 * @throws Error with all faults.
 */
export function checkPlainJavaScript(folder: string, files: readonly string[], strict: boolean): void {
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable', 'DOM'],
    noEmit: true,
    skipLibCheck: true,
    allowJs: true,
    checkJs: true,
    strict,
    types: ['node'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  sh(TSC, ['-p', 'tsconfig.json'], folder)
}
