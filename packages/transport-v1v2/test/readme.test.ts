import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the example of the README runs, and prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, code = ''] = /<!-- example: transport-v1v2 -->\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  // Below the package, so that the packages are found as they are by a program that has installed them.
  const folder = mkdtempSync(join(import.meta.dirname, 'readme-'))
  try {
    const file = join(folder, 'example.ts')
    writeFileSync(file, code)
    const args = ['--import', 'tsx', '--conditions=@sapwood/source', file]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder })
    expect(stderr).toBe('')
    expect(stdout).toBe('v2 32 bytes of session id\nreceived ping 8\nnull\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
