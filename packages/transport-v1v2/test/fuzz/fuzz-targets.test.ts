import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import v1Stream from './v1-stream.fuzz.ts'
import v2Handshake from './v2-handshake.fuzz.ts'
import v2Packets from './v2-packets.fuzz.ts'

const targets = [v1Stream, v2Handshake, v2Packets]

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
