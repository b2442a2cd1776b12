import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { brokenLinks } from './broken-links.ts'
import { rewriteLinks } from './rewrite-links.ts'
import { sitePages } from './site-pages.ts'

const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function siteOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-site-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

describe('a link of the repository', () => {
  const pageOf = new Map([
    ['docs/security.md', 'security.md'],
    ['docs/guides/run-a-node.md', 'guides/run-a-node.md'],
  ])
  const rewrite = (text: string): string =>
    rewriteLinks(text, { root, source: 'docs/guides/utreexo.md', page: 'guides/utreexo.md', pageOf })

  it('leads to the page of its file, or to the repository where it has none', () => {
    expect(rewrite('[a](../security.md#limits), [b](run-a-node.md)')).toBe(
      '[a](../security.md#limits), [b](./run-a-node.md)',
    )
    expect(rewrite('[c](../../packages/node)')).toBe(
      '[c](https://github.com/sapwood/sapwood/blob/main/packages/node)',
    )
    expect(rewrite('[d](https://example.org), [e](#here)')).toBe('[d](https://example.org), [e](#here)')
  })

  it('is left alone in code', () => {
    const text = '`[a](nowhere.md)`\n\n```ts\nlist[0](nothing)\n```\n'
    expect(rewrite(text)).toBe(text)
  })

  it('that leads to nothing is refused', () => {
    expect(() => rewrite('[a](nowhere.md)')).toThrow('docs/guides/utreexo.md: there is no nowhere.md')
  })

  it('is no other in any page of the site', () => {
    const pages = sitePages(root)
    const all = new Map(pages.map(({ source, page }) => [source, page]))
    expect(pages.map(({ page }) => page)).toEqual(expect.arrayContaining(['security.md', 'packages/node.md']))
    expect(new Set(all.values()).size).toBe(pages.length)
  })
})

describe('a built site', () => {
  it('has no broken links where pages, headings and pictures are there', () => {
    const site = siteOf({
      'index.html': '<a href="/guides/a#one">a</a><img src="/b.png"><a href="./guides/">g</a>',
      'guides/a.html': '<h2 id="one">x</h2><a href="../">up</a><a href="#one">here</a>',
      'guides/index.html': '',
      'b.png': '',
    })
    expect(brokenLinks(site)).toEqual([])
  })

  it('is told of what leads nowhere', () => {
    const site = siteOf({
      'index.html': '<a href="/nowhere">a</a><a href="/a#two">b</a><img src="/b.png">',
      'a.html': '<h2 id="one">x</h2>',
    })
    expect(brokenLinks(site)).toEqual(['index.html: /nowhere', 'index.html: /a#two', 'index.html: /b.png'])
  })
})
