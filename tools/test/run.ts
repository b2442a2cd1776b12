import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

// Runs every test of every package, and ends with the one line that says how many passed and how many failed.
const root = resolve(import.meta.dirname, '../..')
const results = join(root, '.cache', 'test-results.json')
mkdirSync(join(root, '.cache'), { recursive: true })
rmSync(results, { force: true })

const vitest = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => vitest.kill(signal))

const code = await new Promise<number>((done) => {
  vitest.once('close', (status) => {
    done(status ?? 1)
  })
})

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

let summary: Results
try {
  summary = JSON.parse(readFileSync(results, 'utf8')) as Results
} catch {
  console.log('0 passed, 1 failed')
  process.exit(1)
}
// A file that could not be loaded has no tests of its own to count; it is a failure all the same.
const brokenFiles = summary.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length
const failed = Math.max(summary.numFailedTests + brokenFiles, code === 0 ? 0 : 1)
console.log(`${summary.numPassedTests} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
