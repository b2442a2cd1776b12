import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Links and pictures of a built site that lead to a page, a heading or a picture that is not there. */
export function brokenLinks(site: string): string[] {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' })
  const present = new Set(files)
  const pages = files.filter((file) => file.endsWith('.html') && file !== '404.html')
  const texts = new Map(pages.map((file) => [file, readFileSync(join(site, file), 'utf8')]))
  const anchors = new Map(
    [...texts].map(([file, text]) => [
      file,
      new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!)),
    ]),
  )
  return [...texts].flatMap(([file, text]) => {
    const targets = new Set([...text.matchAll(/\s(?:href|src)="([^"]+)"/g)].map(([, target]) => target!))
    return [...targets]
      .filter((target) => !isFound(file, decodeURI(target.replaceAll('&amp;', '&')), present, anchors))
      .map((target) => `${file}: ${target}`)
  })
}

function isFound(
  from: string,
  target: string,
  present: ReadonlySet<string>,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  if (/^(https?:|mailto:|data:)/.test(target)) return true
  const [path = '', anchor] = target.split('#', 2)
  const below = path.startsWith('/') ? path.slice(1) : normalize(join(dirname(from), path))
  const file = path === '' ? from : pageAt(below, present)
  if (file === undefined) return false
  if (anchor === undefined || anchor === '') return true
  return anchors.get(file)?.has(anchor) ?? false
}

function pageAt(path: string, present: ReadonlySet<string>): string | undefined {
  const bare = path.replace(/^\.\//, '').replace(/^\.$/, '')
  const candidates = [bare, `${bare}.html`, join(bare, 'index.html')]
  return candidates.find((candidate) => /\.\w+$/.test(candidate) && present.has(candidate))
}
