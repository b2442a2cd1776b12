import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../../..')
const run = promisify(execFile)

let project = ''
beforeEach(async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  project = await mkdtemp(join(root, '.cache/recipe-'))
  await mkdir(join(project, 'test'))
})
afterEach(() => rm(project, { recursive: true, force: true }))

/**
 * The line of the guide's recipe that runs the tests, as a CI's shell would run it.
 * @returns its exit code.
 */
async function runTests(): Promise<number> {
  const guide = await readFile(join(root, 'docs/guides/test-against-bitcoind.md'), 'utf8')
  const line = /^- run: (node .*--test.*)$/m.exec(guide)![1]!
  // A test within a test would report to it, and not by its exit code.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const result = run('/bin/sh', ['-e', '-c', line], { cwd: project, env })
  return await result.then(
    () => 0,
    (error: unknown) => (error as { code: number }).code,
  )
}

const testThat = (holds: boolean): string =>
  `import assert from 'node:assert/strict'\nimport { test } from 'node:test'\nconst held: boolean = ${holds}\ntest('it', () => assert.ok(held))\n`

it('passes where the tests pass, and fails where one fails or there is none', async () => {
  expect(await runTests()).not.toBe(0)
  await writeFile(join(project, 'test/one.test.ts'), testThat(true))
  expect(await runTests()).toBe(0)
  await writeFile(join(project, 'test/other.test.ts'), testThat(false))
  expect(await runTests()).not.toBe(0)
})
