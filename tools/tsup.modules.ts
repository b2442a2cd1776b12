import { readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Options } from 'tsup'
import { base } from './tsup.base.ts'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * Build options of a package that web pages load: each module of `src` stays a file of its own. A bundler
 * drops a module from which nothing is used as a whole, whatever is made at its top; out of one large file it
 * drops less. Node.js and its like load what they run as it is, and a file costs them most of a millisecond:
 * for them (the condition `node`) the same is built once more, as one file for each entry and a few that
 * entries share, into the folder `node`.
 * @param entries The files that `package.json` names, without `.js`, with their sources.
 */
export function modules(entries: Readonly<Record<string, string>>): Options {
  const outputOf = new Map(
    readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => [resolve('src', file), file.slice(0, -'.ts'.length)]),
  )
  for (const [name, source] of Object.entries(entries)) outputOf.set(resolve(source), name)
  const entry = Object.fromEntries([...outputOf].map(([source, name]) => [name, relative('.', source)]))
  return {
    ...base,
    entry,
    splitting: false,
    treeshake: false,
    dts: { ...(base.dts as object), entry: entries },
    esbuildPlugins: [importsAsBuilt(outputOf), inFewFiles(entries)],
  }
}

/** Leaves imports where they are, under the names that the files have once they are built. */
function importsAsBuilt(outputOf: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'imports-as-built',
    setup: (build) => {
      build.onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => {
        const from = outputOf.get(importer)
        const to = outputOf.get(resolve(dirname(importer), path))
        if (from === undefined || to === undefined) return undefined
        const link = relative(dirname(from), `${to}.js`)
        return { path: link.startsWith('.') ? link : `./${link}`, external: true, sideEffects: false }
      })
    },
  }
}

/** Builds the entries once more, for those who load them file by file. */
function inFewFiles(entries: Readonly<Record<string, string>>): Plugin {
  const forNode = Object.entries(entries).filter(([name]) => entries[`${name}.node`] === undefined)
  return {
    name: 'in-few-files',
    setup: ({ esbuild, initialOptions, onEnd }) => {
      onEnd(async ({ errors }) => {
        if (errors.length > 0) return
        await esbuild.build({
          entryPoints: Object.fromEntries(forNode),
          outdir: join(initialOptions.outdir ?? 'dist', 'node'),
          bundle: true,
          splitting: true,
          format: 'esm',
          target: 'es2022',
          platform: 'neutral',
          packages: 'external',
          external: ['#*'],
          sourcemap: true,
          sourcesContent: false,
          logLevel: 'warning',
        })
      })
    },
  }
}
