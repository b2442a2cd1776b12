import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from '../api/entries.ts'

/** Where TypeDoc finds what it is to write about. */
export interface ApiInput {
  /** Its options file. */
  readonly options: string
  /** The index of each entry, below the site's root. */
  readonly indexes: readonly { readonly specifier: string; readonly page: string }[]
}

/**
 * Writes the input of TypeDoc: for each entry of a package a module that is called as programs call it, and
 * its options. A link in a comment that leads nowhere is an error.
 */
export function writeApiInput(
  root: string,
  entries: readonly Entry[],
  work: string,
  pages: string,
): ApiInput {
  const folder = join(work, 'entries')
  mkdirSync(folder, { recursive: true })
  const entryPoints = entries.map(({ specifier, report, source }) => {
    const file = join(folder, report.replace(/\.md$/, '.ts'))
    writeFileSync(
      file,
      `/**\n * ${aboutOf(root, specifier)}\n * @module ${specifier}\n */\nexport * from '${source}'\n`,
    )
    return file
  })
  const compilerOptions = {
    lib: ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'],
    isolatedDeclarations: false,
    declaration: false,
  }
  const tsconfig = join(work, 'tsconfig.json')
  const base = join(root, 'tools/tsconfig/node.json')
  writeFileSync(tsconfig, JSON.stringify({ extends: base, compilerOptions, files: entryPoints }))
  const options = join(work, 'typedoc.json')
  writeFileSync(
    options,
    JSON.stringify({
      entryPoints,
      tsconfig,
      out: join(pages, 'api'),
      plugin: ['typedoc-plugin-markdown'],
      name: 'API',
      readme: 'none',
      entryFileName: 'index',
      // A page for each entry: one for each export takes minutes to build.
      router: 'module',
      hidePageHeader: true,
      useHTMLAnchors: true,
      excludeExternals: true,
      basePath: root,
      disableGit: true,
      gitRevision: 'main',
      sourceLinkTemplate: 'https://github.com/sapwood/sapwood/blob/main/{path}#L{line}',
      excludePrivate: true,
      excludeInternal: true,
      hideGenerator: true,
      // `npm run typecheck` has done that.
      skipErrorChecking: true,
      externalSymbolLinkMappings: { '@types/node': { '*': 'https://nodejs.org/api/' } },
      treatValidationWarningsAsErrors: true,
      logLevel: 'Warn',
    }),
  )
  return {
    options,
    indexes: entries.map(({ specifier }) => ({ specifier, page: `api/${specifier}.md` })),
  }
}

/** What the package of an entry says of itself. */
function aboutOf(root: string, specifier: string): string {
  const [, name = '', entry] = specifier.split('/')
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
    description: string
  }
  return entry === undefined ? `${manifest.description}.` : `An entry of \`@sapwood/${name}\`.`
}
