import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type PackedPackages, sh } from '../check-packages/pack.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'docs/guides/test-against-bitcoind.md'), 'utf8')

/**
 * Does in a clean project what the guide's recipe for CI says, line by line: it has to pass with the guide's
 * own test, and to fail when that does.
 * @param versions of what the project needs beside our packages.
 */
export function checkRecipe(
  packed: PackedPackages,
  folder: string,
  versions: Readonly<Record<string, string | undefined>>,
): void {
  const lines = [...guide.matchAll(/^- run: (.*)$/gm)].map(([, line]) => line!)
  const test = /<!-- example: balance -->\s*```ts\n([\s\S]*?)```/.exec(guide)?.[1]
  if (lines.length < 3 || test === undefined) throw new Error('the guide has no recipe, or no test')
  mkdirSync(join(folder, 'test'), { recursive: true })
  const dependencies = packed.dependenciesOn('@sapwood/integration', '@sapwood/node')
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies, ...versions } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  sh('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund', '--prefer-offline'], folder)

  // The bitcoind of this repository's own tests, so that none is fetched a second time.
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    SAPWOOD_CACHE: process.env['SAPWOOD_CACHE'] ?? join(root, '.cache'),
  }
  const run = (script: readonly string[]): { readonly status: number | null; readonly said: string } => {
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-e', '-c', script.join('\n')], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    return { status, said: `${stdout}${stderr}` }
  }
  const file = join(folder, 'test/balance.test.ts')
  writeFileSync(file, test)
  const right = run(lines)
  if (right.status !== 0) throw new Error(`the guide's recipe does not pass\n${right.said}`)
  writeFileSync(file, test.replace("await mineTo('52', 2)", "await mineTo('51', 2)"))
  const wrong = run(lines.slice(-1))
  if (wrong.status === 0) throw new Error(`the guide's recipe passes with a test that fails\n${wrong.said}`)
  console.log("the guide's recipe for CI: passes as it is written, and fails with its test")
}
