import { existsSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

/** Where the repository is to be read. */
const REPOSITORY = 'https://github.com/sapwood/sapwood'

/** What a text of the repository needs to become a page. */
export interface LinkContext {
  readonly root: string
  /** The file that the text is of, below the root. */
  readonly source: string
  /** Its page, below the site's root. */
  readonly page: string
  /** The page of each file of the repository that has one. */
  readonly pageOf: ReadonlyMap<string, string>
}

/**
 * A text with its links as they are on the site: to the page of a file that has one, to the repository for
 * other files and folders. Code is left as it is.
 * @throws Error where a link leads to nothing.
 */
export function rewriteLinks(text: string, context: LinkContext): string {
  return text
    .split(/(^```[\s\S]*?^```|`[^`\n]+`)/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replaceAll(/\]\(([^)\s]+)\)/g, (_, target: string) => `](${rewriteLink(target, context)})`),
    )
    .join('')
}

function rewriteLink(target: string, { root, source, page, pageOf }: LinkContext): string {
  if (/^(https?:|mailto:|#)/.test(target)) return target
  const [path = '', anchor] = target.split('#', 2)
  const file = normalize(join(dirname(source), path)).replace(/\/$/, '')
  const there = pageOf.get(file)
  const suffix = anchor === undefined ? '' : `#${anchor}`
  if (there !== undefined) return relativeLink(page, there) + suffix
  if (!existsSync(join(root, file))) throw new Error(`${source}: there is no ${target}`)
  if (/\.(png|svg)$/.test(file)) return relativeLink(page, file.replace(/^docs\//, ''))
  return `${REPOSITORY}/blob/main/${file}${suffix}`
}

function relativeLink(from: string, to: string): string {
  const link = relative(dirname(from), to)
  return link.startsWith('.') ? link : `./${link}`
}
