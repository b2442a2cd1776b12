import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { watchRun } from '../../src/cli/watch-run.ts'

it('a watcher has what listunspent has after each step: payments, a reorg, a restart, a spend', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-watch-'))
  const results: string[] = []
  try {
    await watchRun(
      { blocks: 110, folder },
      { result: (text) => void results.push(text), note: () => undefined },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  expect(results.join('')).toMatch(/a reorg takes the third[^]*0\.25 \(0\)[^]*the spend, mined/)
})
