import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A page of the site, and the file of the repository that it is made of. */
export interface SitePage {
  /** Below the repository's root: `packages/node/README.md`. */
  readonly source: string
  /** Below the site's: `packages/node.md`. */
  readonly page: string
  readonly title: string
}

/** Files outside docs/, each under the name that its page has. */
const OTHERS: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CONTRIBUTING.md': 'contributing.md',
  'CHANGELOG.md': 'changelog.md',
  'SECURITY.md': 'reporting.md',
  'CODE_OF_CONDUCT.md': 'code-of-conduct.md',
}

/** All pages but those that TypeDoc writes. */
export function sitePages(root: string): SitePage[] {
  const page = (source: string, page: string): SitePage => ({
    source,
    page,
    title: titleOf(readFileSync(join(root, source), 'utf8'), source),
  })
  const below = (folder: string): SitePage[] =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => {
        const name = file === 'README.md' ? 'index.md' : file
        return page(`${folder}/${file}`, `${folder}/${name}`.replace(/^docs\//, ''))
      })
  return [
    ...Object.entries(OTHERS).map(([source, name]) => page(source, name)),
    ...readdirSync(join(root, 'packages'))
      .filter((name) => existsSync(join(root, 'packages', name, 'README.md')))
      .map((name) => page(`packages/${name}/README.md`, `packages/${name}.md`)),
    ...['docs', 'docs/guides', 'docs/decisions', 'docs/examples'].flatMap(below),
    ...readdirSync(join(root, 'docs/examples'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({
        source: `docs/examples/${name}/main.mjs`,
        page: `examples/${name}.md`,
        title: name,
      })),
  ]
}

function titleOf(text: string, source: string): string {
  const heading = /^# (.*)$/m.exec(text)?.[1]
  return heading?.replaceAll('`', '') ?? basename(source)
}

/** An example's program, as a page. */
export function examplePage(name: string, program: string): string {
  return [
    `# ${name}`,
    '',
    '```sh',
    `cd docs/examples/${name}`,
    'npm install && npm start',
    '```',
    '',
    '```js',
    program.trimEnd(),
    '```',
    '',
  ].join('\n')
}
