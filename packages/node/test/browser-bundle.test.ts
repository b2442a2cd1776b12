import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('goes into a page without any module of Node.js', async () => {
  const { metafile } = await build({
    stdin: {
      contents: "export { createNode, createMemoryStore, openStore } from './index.ts'",
      resolveDir: new URL('../src', import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: 'esm',
    splitting: true,
    outdir: 'out',
    platform: 'browser',
    conditions: ['@sapwood/source'],
    target: 'es2022',
    metafile: true,
  })
  const sources = Object.keys(metafile.inputs)
  expect(sources).toContain('packages/node/src/platform/platform.ts')
  expect(sources.filter((path) => /\.node\.ts|proxy\/|\/tcp\/|level/.test(path))).toEqual([])
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  expect(imports.filter(({ external }) => external)).toEqual([])
})
