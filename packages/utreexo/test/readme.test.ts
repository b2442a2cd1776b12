import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8')

it('the example of the README is one that runs, and prints what it says', () => {
  const readme = read('../README.md')
  const [, code] = /<!-- example: utreexo -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  const [, output] = /```text\n([\s\S]*?)```/.exec(readme) ?? []
  expect(code).toBe(read('example.ts').replace('../src/index.ts', '@sapwood/utreexo'))
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=@sapwood/source', join(import.meta.dirname, 'example.ts')],
    { encoding: 'utf8', cwd: join(import.meta.dirname, '..') },
  )
  expect(stderr).toBe('')
  expect(stdout).toBe(output)
})
