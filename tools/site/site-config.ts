import type { SitePage } from './site-pages.ts'

interface SidebarItem {
  readonly text: string
  readonly link?: string
  readonly collapsed?: boolean
  readonly items?: readonly SidebarItem[]
}

/** Reference pages, as a reader may want them. */
const REFERENCE = [
  'architecture.md',
  'security.md',
  'quality.md',
  'conformance.md',
  'peer-behaviour.md',
  'sizes.md',
  'policy.md',
  'dependencies.md',
]
const PROJECT = ['changelog.md', 'contributing.md', 'reporting.md', 'code-of-conduct.md']

/** What VitePress is told: sidebar, search, where what goes. Plain data, written as its config file. */
export function siteConfig(
  pages: readonly SitePage[],
  api: readonly { readonly specifier: string; readonly page: string }[],
  output: string,
): object {
  const item = ({ page, title }: SitePage): SidebarItem => ({ text: title, link: linkTo(page) })
  const below = (folder: string): SidebarItem[] =>
    pages.filter(({ page }) => page.startsWith(`${folder}/`)).map(item)
  const named = (names: readonly string[]): SidebarItem[] =>
    names.flatMap((name) => pages.filter(({ page }) => page === name).map(item))
  return {
    title: 'Sapwood',
    description: "Bitcoin's peer-to-peer network in TypeScript",
    lang: 'en',
    outDir: output,
    cleanUrls: true,
    vite: { build: { minify: false } },
    themeConfig: {
      nav: [
        { text: 'Guides', link: '/guides/run-a-node' },
        { text: 'Examples', link: '/examples/' },
        { text: 'API', link: '/api/' },
        { text: 'Security', link: '/security' },
      ],
      search: { provider: 'local' },
      outline: { level: [2, 3] },
      socialLinks: [{ icon: 'github', link: 'https://github.com/sapwood/sapwood' }],
      sidebar: [
        { text: 'Sapwood', items: [{ text: 'Overview', link: '/' }] },
        { text: 'Guides', collapsed: false, items: below('guides') },
        { text: 'Packages', collapsed: false, items: below('packages') },
        {
          text: 'API',
          collapsed: true,
          items: api.map(({ specifier, page }) => ({ text: specifier, link: linkTo(page) })),
        },
        { text: 'Examples', collapsed: true, items: below('examples') },
        { text: 'Reference', collapsed: false, items: named(REFERENCE) },
        { text: 'Decisions', collapsed: true, items: below('decisions') },
        { text: 'Project', collapsed: true, items: named(PROJECT) },
      ],
    },
  }
}

function linkTo(page: string): string {
  return `/${page.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`
}
