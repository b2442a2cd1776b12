import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A file of the page, as it is served. */
export interface PageFile {
  readonly type: string
  readonly body: Uint8Array
}

const source = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** The files of the page by their path: two scripts, what they load late, and what is served as it is. */
export async function bundlePage(): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles } = await build({
    entryPoints: { main: source('page/main.ts'), 'node-worker': source('worker/node-worker.ts') },
    bundle: true,
    write: false,
    format: 'esm',
    splitting: true,
    minify: true,
    outdir: '/',
    platform: 'browser',
    conditions: ['@sapwood/source'],
    target: 'es2022',
  })
  const files = new Map<string, PageFile>(
    outputFiles.map(({ path, contents }) => [path, { type: 'text/javascript', body: contents }]),
  )
  for (const [path, type] of [
    ['index.html', 'text/html; charset=utf-8'],
    ['style.css', 'text/css'],
  ] as const) {
    files.set(`/${path}`, { type, body: await readFile(source(`page/${path}`)) })
  }
  return files
}
