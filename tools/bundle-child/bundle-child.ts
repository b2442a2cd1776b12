import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Below the root, so that what is not bundled is found as it is by a program that has installed it. */
const CACHE = resolve(import.meta.dirname, '../../.cache')

/** A script as one file of JavaScript; disposing of it removes the file. */
export interface BundledChild extends AsyncDisposable {
  readonly path: string
}

/** Bundles a script with all that it imports: a process that is started thirty times compiles nothing. */
export async function bundleChild(script: URL): Promise<BundledChild> {
  mkdirSync(CACHE, { recursive: true })
  const folder = await mkdtemp(join(CACHE, 'child-'))
  const path = join(folder, 'child.mjs')
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
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
  } catch (error) {
    await remove()
    throw error
  }
  return { path, [Symbol.asyncDispose]: remove }
}
