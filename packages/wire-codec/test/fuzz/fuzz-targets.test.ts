import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import addressText from './address-text.fuzz.ts'
import addresses from './addresses.fuzz.ts'
import blocks from './blocks.fuzz.ts'
import bloom from './bloom.fuzz.ts'
import compactBlocks from './compact-blocks.fuzz.ts'
import contents from './contents.fuzz.ts'
import filters from './filters.fuzz.ts'
import handshake from './handshake.fuzz.ts'
import headers from './headers.fuzz.ts'
import inventory from './inventory.fuzz.ts'
import legacy from './legacy.fuzz.ts'
import packages from './packages.fuzz.ts'
import reconciliation from './reconciliation.fuzz.ts'
import utreexo from './utreexo.fuzz.ts'

const targets = [
  addressText,
  addresses,
  blocks,
  bloom,
  compactBlocks,
  contents,
  filters,
  handshake,
  headers,
  inventory,
  legacy,
  packages,
  reconciliation,
  utreexo,
]

/** Inputs that the fuzzer found a fault with, each once. */
function regressions(name: string): Uint8Array[] {
  const folder = new URL(`./regressions/${name}/`, import.meta.url)
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((file) => new Uint8Array(readFileSync(new URL(file, folder))))
}

describe('fuzz targets', () => {
  it('are all run here', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.fuzz.ts'))
    expect(files.sort()).toEqual(targets.map(({ name }) => `${name}.fuzz.ts`).sort())
  })

  it.each(targets)('take their seeds and what once broke them: $name', ({ name, seeds, run }) => {
    for (const bytes of [...seeds, ...regressions(name)]) run(bytes)
    expect(seeds.length).toBeGreaterThan(0)
  })
})
