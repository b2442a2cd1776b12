import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import controlReplies from './control-replies.fuzz.ts'
import socks5Answers from './socks5-answers.fuzz.ts'

const targets = [controlReplies, socks5Answers]

describe('fuzz targets', () => {
  it('are all run here', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.fuzz.ts'))
    expect(files.sort()).toEqual(targets.map(({ name }) => `${name}.fuzz.ts`).sort())
  })

  it.each(targets)('$name takes its seeds, and changes of them', (target) => {
    for (const seed of target.seeds) target.run(seed)
    fc.assert(
      fc.property(fc.constantFrom(...target.seeds), fc.nat(), fc.nat(255), (seed, place, value) => {
        const changed = Uint8Array.from(seed)
        changed[place % changed.length] = value
        target.run(changed)
      }),
      { numRuns: 40 },
    )
  })
})
