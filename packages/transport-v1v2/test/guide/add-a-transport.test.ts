import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** Every listing of the guide, in order. */
const listings = Array.from(
  read('../../../../docs/guides/add-a-transport.md').matchAll(/^```ts\n(.*?)^```$/gms),
  ([, code]) => code,
)

describe('docs/guides/add-a-transport.md', () => {
  // What it shows is compiled with the package, and passes the suites in test/conformance/websocket.test.ts.
  it('shows the WebSocket stream as it is, in under 100 lines', () => {
    const source = read('../../src/websocket/websocket-stream.ts')
    expect(listings[0]).toBe(source)
    expect(source.split('\n').length).toBeLessThanOrEqual(100)
  })

  it('names only what the packages export', async () => {
    const conformance = await import('../../src/conformance/index.ts')
    const transport = await import('../../src/index.ts')
    const websocket = await import('../../src/websocket/index.ts')
    const exported = new Set([conformance, transport, websocket].flatMap((module) => Object.keys(module)))
    const imported = listings
      .slice(1)
      .flatMap((code = '') => Array.from(code.matchAll(/import \{ (.*?) \} from '@sapwood\/transport/g)))
      .flatMap(([, names = '']) => names.split(', '))
    expect(imported.length).toBeGreaterThan(3)
    for (const name of imported) expect(exported).toContain(name)
  })
})
