import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const CACHE = resolve(import.meta.dirname, '../../.cache')

/** A script as one file of JavaScript: a process that is started thirty times compiles nothing. */
export async function bundleChild(
  script: URL,
): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  mkdirSync(CACHE, { recursive: true })
  const folder = await mkdtemp(join(CACHE, 'child-'))
  const path = join(folder, 'child.mjs')
  await build({
    entryPoints: [fileURLToPath(script)],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@sapwood/source', 'node'],
    external: ['classic-level'],
    // What is CommonJS inside asks for it.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
    },
  })
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}
