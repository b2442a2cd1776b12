import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

const cli = join(import.meta.dirname, '../..')

/**
 * The command as its archive has it, from the sources of all packages: in pieces that are loaded when they
 * are needed.
 * @param folder Where it goes.
 * @param absent Packages that it is not to have.
 * @returns the file to run.
 */
export async function buildCommand(
  folder: string = join(cli, 'node_modules/.cache/sapwood-command'),
  absent: readonly string[] = [],
): Promise<string> {
  await mkdir(folder, { recursive: true })
  await build({
    absWorkingDir: cli,
    entryPoints: ['src/main.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@sapwood/source'],
    external: ['classic-level', 'memory-level', 'abstract-level', ...absent],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  })
  return join(folder, 'main.mjs')
}
