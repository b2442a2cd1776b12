import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readSummary, resultsFile, root } from './test-results.ts'

// Runs every test of every package, and ends with the one line that says how many passed and how many failed.
const results = resultsFile()
mkdirSync(dirname(results), { recursive: true })
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
const { passed, failed } = readSummary(results, code)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
