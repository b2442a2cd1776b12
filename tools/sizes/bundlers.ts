import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild, type ResolveResult, transform } from 'esbuild'
import { type Plugin, rollup } from 'rollup'

/** What one import adds to a page that loads nothing else. */
export interface BundleSize {
  /** Bytes, minified. */
  readonly minified: number
  /** Bytes, minified and compressed. */
  readonly gzip: number
}

/** Bundles a module's text for browsers, minified, and gives what a page loads at once. */
export type Bundler = (code: string, folder: string) => Promise<BundleSize>

/** A piece of output, as Rollup and its like describe it. */
interface Chunk {
  readonly fileName: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
  readonly code?: string
}

/** The name of the module that is bundled. */
const ENTRY = 'virtual:entry'

/** As each has it without settings of its own. */
export const bundlers: Readonly<Record<'esbuild' | 'Rollup' | 'Vite', Bundler>> = {
  esbuild: async (code, folder) => {
    const { outputFiles, metafile } = await esbuild({
      stdin: { contents: code, resolveDir: folder },
      bundle: true,
      write: false,
      format: 'esm',
      splitting: true,
      outdir: 'out',
      minify: true,
      platform: 'browser',
      target: 'es2022',
      metafile: true,
    })
    const chunks = Object.entries(metafile.outputs).map(([fileName, { entryPoint, imports }]) => ({
      fileName,
      isEntry: entryPoint !== undefined,
      imports: imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path),
      code: outputFiles.find(({ path }) => path.endsWith(fileName))?.text ?? '',
    }))
    return loadedAtOnce(chunks, (text) => Promise.resolve(text))
  },
  Rollup: async (code, folder) => {
    const bundle = await rollup({ input: ENTRY, plugins: [entryPlugin(code), await resolvePlugin(folder)] })
    const { output } = await bundle.generate({ format: 'es' })
    await bundle.close()
    // It does not minify: what it leaves does the same as is done elsewhere.
    return loadedAtOnce(output as readonly Chunk[], minify)
  },
  Vite: async (code, folder) => {
    const { build } = (await import(viteOf())) as {
      build(options: object): Promise<{ readonly output: readonly Chunk[] }>
    }
    const { output } = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      plugins: [entryPlugin(code)],
      build: {
        write: false,
        target: 'es2022',
        modulePreload: false,
        rollupOptions: { input: ENTRY, preserveEntrySignatures: 'strict' },
      },
    })
    return loadedAtOnce(output, (text) => Promise.resolve(text))
  },
}

/** The one that Vitest brings along. */
function viteOf(): string {
  const here = createRequire(import.meta.url)
  return createRequire(here.resolve('vitest/package.json')).resolve('vite')
}

function entryPlugin(code: string): Plugin {
  return {
    name: 'entry',
    resolveId: (id: string): string | null => (id === ENTRY ? ENTRY : null),
    load: (id: string): string | null => (id === ENTRY ? code : null),
  }
}

/** Finds packages as a browser's bundler does, and whether they may be dropped; esbuild knows how. */
async function resolvePlugin(folder: string): Promise<Plugin> {
  const context = await esbuildResolver(folder)
  return {
    name: 'resolve',
    resolveId: async (id: string, importer: string | undefined) => {
      const from = importer === undefined || importer === ENTRY ? folder : dirname(importer)
      const { path, sideEffects } = await context.resolve(id, from)
      return { id: path, moduleSideEffects: sideEffects }
    },
    closeBundle: context.close,
  }
}

interface Resolver {
  readonly resolve: (id: string, folder: string) => Promise<ResolveResult>
  readonly close: () => void
}

/** A build that does not end before it is closed, and is asked meanwhile. */
function esbuildResolver(folder: string): Promise<Resolver> {
  return new Promise((ready, failed) => {
    esbuild({
      stdin: { contents: '', resolveDir: folder },
      bundle: true,
      write: false,
      platform: 'browser',
      logLevel: 'silent',
      plugins: [
        {
          name: 'ask',
          setup: (build) => {
            build.onStart(
              () =>
                new Promise<void>((close) => {
                  ready({
                    resolve: (id, resolveDir) => build.resolve(id, { kind: 'import-statement', resolveDir }),
                    close,
                  })
                }),
            )
          },
        },
      ],
    }).catch(failed)
  })
}

async function minify(code: string): Promise<string> {
  return (await transform(code, { minify: true, format: 'esm', target: 'es2022' })).code
}

/** The entry and what it imports; what is imported later, when it is needed, is not counted. */
async function loadedAtOnce(
  chunks: readonly Chunk[],
  finish: (code: string) => Promise<string>,
): Promise<BundleSize> {
  const wanted = new Set<Chunk>()
  const visit = (chunk: Chunk | undefined): void => {
    if (chunk === undefined || wanted.has(chunk)) return
    wanted.add(chunk)
    for (const name of chunk.imports ?? []) visit(chunks.find(({ fileName }) => fileName === name))
  }
  visit(chunks.find(({ isEntry }) => isEntry === true))
  let minified = 0
  let gzip = 0
  for (const { code = '' } of wanted) {
    const text = await finish(code)
    minified += Buffer.byteLength(text)
    gzip += gzipSync(text).length
  }
  return { minified, gzip }
}
