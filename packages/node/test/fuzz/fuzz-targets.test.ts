import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import strangers from './strangers.fuzz.ts'

const targets = [strangers]
/** Changes of seeds that are tried at each run; `npm run fuzz -- node` tries more. */
const CHANGES = 12

function* regressions(name: string): Iterable<readonly [file: string, bytes: Uint8Array]> {
  const folder = new URL(`./regressions/${name}/`, import.meta.url)
  if (!existsSync(folder)) return
  for (const file of readdirSync(folder).sort()) {
    yield [file, new Uint8Array(readFileSync(new URL(file, folder)))]
  }
}

describe('fuzz targets', () => {
  it('are all run here', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.fuzz.ts'))
    expect(files.sort()).toEqual(targets.map(({ name }) => `${name}.fuzz.ts`).sort())
  })

  it.each(targets)(
    '$name takes its seeds, and changes of them',
    async (target) => {
      for (const seed of target.seeds) await target.run(seed.slice())
      const random = createSeededRandom('changes')
      for (let change = 0; change < CHANGES; change++) {
        const bytes = target.seeds[change % target.seeds.length]!.slice()
        const [at, value] = new Uint16Array(random.bytes(4).buffer)
        bytes[at! % bytes.length] = value! & 0xff
        await target.run(bytes)
      }
    },
    120_000,
  )

  it.each(targets)('$name takes what it once failed on', async (target) => {
    for (const [file, bytes] of regressions(target.name)) {
      await expect(target.run(bytes), file).resolves.toEqual(expect.any(String))
    }
  })

  it.each(targets)('$name comes to the same again', async (target) => {
    const seed = target.seeds.at(-1)!
    expect(await target.run(seed.slice())).toBe(await target.run(seed.slice()))
  })
})
