import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FuzzResult } from './fuzz-loop.ts'
import { watchedRun } from './watched-run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-fuzz-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function run(name: string, seconds: number, hangSeconds?: number): Promise<FuzzResult> {
  return watchedRun(
    {
      url: new URL(`./fixtures/${name}.fuzz.ts`, import.meta.url).href,
      packageFolderUrl: new URL('./fixtures', import.meta.url).href,
      corpusFolder: join(folder, 'corpus'),
      seconds,
      seed: 1,
      maxFindings: 1,
    },
    hangSeconds === undefined ? {} : { hangSeconds },
  )
}

describe('the fuzzer', () => {
  it('finds what only coverage leads to, and makes it as small as it can be', async () => {
    const { findings, corpus } = await run('maze', 60)
    expect(findings.map(({ bytes }) => [...bytes])).toEqual([[0x53, 0x61, 0x70, 0x21]])
    expect(findings[0]!.error).toContain('The way out')
    // The seed, and each right byte more.
    expect(corpus).toBeGreaterThanOrEqual(4)
    expect(readdirSync(join(folder, 'corpus')).length).toBe(corpus)
  })

  it('keeps an input for what its target says of it, and no longer ones than asked for', async () => {
    const { findings, corpus } = await run('clean', 2)
    expect(findings).toEqual([])
    expect(corpus).toBeGreaterThanOrEqual(4)
  })

  it('ends an input that does not end', async () => {
    const { findings } = await run('hang', 60, 1)
    expect(findings.map(({ bytes }) => [...bytes])).toEqual([[7, 7]])
    expect(findings[0]!.error).toContain('Hang')
  })
})
