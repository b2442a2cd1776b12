import { expect, it } from 'vitest'
import { utreexoRun } from '../../src/cli/utreexo-run.ts'

it('bitcoind, a bridge on it, and a node without coins on that, over v2: the same roots, a reorg, a liar', async () => {
  const results: string[] = []
  const notes: string[] = []
  await utreexoRun(130, { result: (text) => results.push(text), note: (text) => notes.push(text) })
  expect(results.map((text) => text.split('\n')[0])).toEqual([
    '130 blocks, proved without any coins',
    'a reorg: 10 blocks taken back',
    expect.stringMatching(/^a bridge that lies: block 10\d, root-mismatch; let go, and proved by another$/),
  ])
  for (const text of results) expect(text).toMatch(/roots, bridge +│ the same/)
  expect(notes.at(-1)).toBe('the follower speaks v2')
}, 120_000)
