import { basename } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type BuildResult } from 'esbuild'
import { expect, it } from 'vitest'

async function bundle(contents: string): Promise<BuildResult<{ write: false; metafile: true }>> {
  return await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    splitting: true,
    minify: true,
    outdir: 'out',
    platform: 'browser',
    conditions: ['@sapwood/source'],
    target: 'es2022',
    metafile: true,
  })
}

/** kB of what is loaded at once: the entry, and what it imports before it runs. */
function gzipped({ outputFiles, metafile }: Awaited<ReturnType<typeof bundle>>): number {
  const contents = new Map(outputFiles.map((file) => [basename(file.path), file.contents]))
  const imported = new Map(
    Object.entries(metafile.outputs).map(([path, { imports }]) => [basename(path), imports]),
  )
  const loaded = new Set(['stdin.js'])
  for (const file of loaded)
    for (const { path, kind } of imported.get(file) ?? [])
      if (kind === 'import-statement') loaded.add(basename(path))
  return [...loaded].reduce((sum, file) => sum + gzipSync(contents.get(file)!).length, 0) / 1_000
}

// The figures are those of docs/sizes.md.
it('goes into a page without any module of Node.js, and no larger than it may be', async () => {
  const bundled = await bundle("export { createNode, openStore } from '../src/index.ts'")
  const { inputs, outputs } = bundled.metafile
  const sources = Object.keys(inputs)
  expect(sources).toContain('packages/node/src/platform/platform.ts')
  expect(sources.filter((path) => /\.node\.ts|proxy\/|\/tcp\/|level/.test(path))).toEqual([])
  const imports = Object.values(outputs).flatMap((output) => output.imports)
  expect(imports.filter(({ external }) => external)).toEqual([])
  expect(gzipped(bundled)).toBeLessThan(150)
})

it('is not needed for one connection: what that takes of codec, transport and peer', async () => {
  const bundled = await bundle(`
    export { connect } from '@sapwood/transport-v1v2'
    export { createWebSocketDialer } from '@sapwood/transport-v1v2/websocket'
    export { createPeer } from '@sapwood/peer'`)
  expect(gzipped(bundled)).toBeLessThan(60)
  // Loaded when the first connection needs them: one of the two that encipher, and the faster hash.
  const late = bundled.outputFiles.map(({ path }) => basename(path))
  for (const name of ['page-crypto', 'noble-crypto', 'wasm-sha256'])
    expect(late).toContainEqual(expect.stringMatching(`^${name}-`))
})

it('nor for all that codec, transport and peer export', async () => {
  const bundled = await bundle(
    ['wire-codec', 'transport-v1v2', 'peer'].map((name) => `export * from '@sapwood/${name}'`).join('\n'),
  )
  expect(gzipped(bundled)).toBeLessThan(78)
})
