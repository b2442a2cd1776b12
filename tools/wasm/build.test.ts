import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { builtFile, buildWasm, digestOf, ROOT, whatIsMissing, wasmSources } from './build.ts'

const moduleBytes = (text: string): Buffer =>
  Buffer.from([...text.matchAll(/'([A-Za-z0-9+/=]+)'/g)].map(([, line]) => line).join(''), 'base64')

describe.each(wasmSources().map((source) => [relative(ROOT, source), source]))('%s', (_, source) => {
  const built = readFileSync(builtFile(source), 'utf8')

  it('is what the kept module was built from, and the module is whole', () => {
    expect(built).toContain(`// source: ${digestOf(readFileSync(source))}`)
    expect(built).toContain(`// module: ${digestOf(moduleBytes(built))}`)
    expect(moduleBytes(built).subarray(0, 4).toString('latin1')).toBe('\0asm')
  })

  it('builds to the same bytes where its compiler is, and otherwise says what is missing', () => {
    const missing = whatIsMissing()
    if (missing === undefined) expect(buildWasm(source)).toBe(built)
    else expect(missing).toMatch(/is not installed|, not "/)
  })
})

it('all modules together are small, as they are and compressed', () => {
  const modules = wasmSources().map((source) => moduleBytes(readFileSync(builtFile(source), 'utf8')))
  const together = Buffer.concat(modules)
  expect(together.length).toBeLessThanOrEqual(64_000)
  expect(gzipSync(together).length).toBeLessThanOrEqual(30_000)
})
