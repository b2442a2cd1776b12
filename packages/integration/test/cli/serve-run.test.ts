import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { serveRun } from '../../src/cli/serve-run.ts'

const BLOCKS = 20

it('`--serve` goes on where it stopped, and serves the whole of it again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-serve-run-'))
  try {
    const results: string[] = []
    const output = { result: (text: string) => void results.push(text), note: () => undefined }
    for (let start = 0; start < 2; start++) await serveRun({ blocks: BLOCKS, folder }, output)
    const [first, second] = results
    expect(first).toMatch(/blocks after 0, index after 0/)
    expect(first).toMatch(new RegExp(`served +│ ${BLOCKS} blocks of`))
    expect(second).toMatch(new RegExp(`blocks after ${BLOCKS}, index after ${BLOCKS}`))
    expect(second).toMatch(/served +│ 30 blocks of/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 240_000)
