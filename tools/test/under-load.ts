import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readSummary, resultsFile, root } from './test-results.ts'

// Runs the whole suite several times while other processes keep the cores busy, and prints a table for
// docs/quality.md. A test that waits for time and not for an event fails here sooner or later. What Vitest
// wrote of a run that failed stays in .cache/test-results-<run>.json.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '10' },
    busy: { type: 'string', default: '2' },
  },
})
const runs = Number(values.runs)
const busy = Array.from({ length: Number(values.busy) }, () =>
  fork(join(import.meta.dirname, 'keep-busy.ts'), { execArgv: [...process.execArgv], stdio: 'inherit' }),
)

let suite: ChildProcess | undefined
process.once('exit', () => suite?.kill())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

let broken = 0
const rows: string[] = []
try {
  for (let run = 1; run <= runs; run++) {
    const began = performance.now()
    suite = spawn(
      process.execPath,
      [...process.execArgv, join(import.meta.dirname, 'run.ts'), ...positionals],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'ignore'],
      },
    )
    const [code] = (await once(suite, 'close')) as [number | null]
    const { passed, failed, failures } = readSummary(resultsFile(), code ?? 1)
    const seconds = Math.round((performance.now() - began) / 1000)
    if (failed > 0) {
      broken += 1
      // The next run writes its own in their place.
      if (existsSync(resultsFile()))
        copyFileSync(resultsFile(), resultsFile().replace('.json', `-${run}.json`))
    }
    rows.push(`| ${run} | ${passed} | ${failed} | ${seconds} | ${failures.join('; ')} |`)
    console.log(`run ${run}: ${passed} passed, ${failed} failed, ${seconds} s ${failures.join('; ')}`)
  }
} finally {
  for (const process of busy) process.kill()
}
console.log('\n| run | passed | failed | seconds | which failed |\n| --: | --: | --: | --: | --- |')
for (const row of rows) console.log(row)
console.log(`\n${runs} runs beside ${busy.length} busy processes, ${broken} of them with failures`)
process.exitCode = broken === 0 ? 0 : 1
