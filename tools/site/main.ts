import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { entriesOf } from '../api/entries.ts'
import { requireFrom } from '../npm/install-folder.ts'
import { brokenLinks } from './broken-links.ts'
import { rewriteLinks } from './rewrite-links.ts'
import { siteConfig } from './site-config.ts'
import { examplePage, sitePages } from './site-pages.ts'
import { writeApiInput } from './write-api.ts'

// Builds the site: the Markdown of the repository, and what TypeDoc writes of every entry, by VitePress, with
// a search. Every link and picture has to lead somewhere. `--into FOLDER` says where it goes; else dist/site.
const root = resolve(import.meta.dirname, '../..')
const { values } = parseArgs({ options: { into: { type: 'string' } } })
const into = resolve(values.into ?? join(root, 'dist/site'))
const work = join(import.meta.dirname, '.cache')
const folder = join(work, 'pages')

/** A program of what is installed for the site. */
function run(program: string, ...args: string[]): void {
  const file = join(import.meta.dirname, 'node_modules', program)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${basename(program)} failed\n${stdout}${stderr}`)
}

function write(page: string, text: string): void {
  mkdirSync(dirname(join(folder, page)), { recursive: true })
  writeFileSync(join(folder, page), text)
}

requireFrom(import.meta.dirname, 'vitepress')
rmSync(work, { recursive: true, force: true })
rmSync(into, { recursive: true, force: true })

const api = writeApiInput(root, entriesOf(root), work, folder)
run('typedoc/bin/typedoc', '--options', api.options)

const pages = sitePages(root)
const pageOf = new Map(pages.map(({ source, page }) => [source, page]))
// What leads to the folders on GitHub leads to a page here.
pageOf.set('docs/api', 'api/index.md').set('docs/examples', 'examples/index.md')
for (const { source, page, title } of pages) {
  const text = readFileSync(join(root, source), 'utf8')
  if (source.endsWith('.mjs')) write(page, examplePage(title, text))
  else write(page, rewriteLinks(text, { root, source, page, pageOf }))
}
cpSync(join(root, 'docs/guides/pictures'), join(folder, 'guides/pictures'), { recursive: true })
const config = JSON.stringify(siteConfig(pages, api.indexes, into), undefined, 2)
write('.vitepress/config.mjs', `export default ${config}\n`)
run('vitepress/bin/vitepress.js', 'build', folder)

const broken = brokenLinks(into)
for (const each of broken) console.error(each)
if (broken.length > 0) throw new Error(`${broken.length} links lead nowhere`)
console.log(
  `${pages.length + api.indexes.length} pages and the members of ${api.indexes.length} entries, in ${into}`,
)
