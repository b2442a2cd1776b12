import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../src/browser/chromium.ts'
import { serveFolder } from './serve-folder.ts'

// Looks at the site that `npm run docs` has left, in a headless Chromium, on a large and on a small screen:
// every kind of page is there without an error, nothing is wider than the screen, the search finds things.
// `--pictures FOLDER` leaves what was seen; `--site FOLDER` says where the site is.
const root = resolve(import.meta.dirname, '../../../..')
const { values } = parseArgs({ options: { site: { type: 'string' }, pictures: { type: 'string' } } })
const site = resolve(values.site ?? join(root, 'dist/site'))

const SCREENS = { large: { width: 1_440, height: 900 }, small: { width: 375, height: 720 } }
/** One of each kind, with what has to be on it. */
const PAGES = {
  overview: ['/', 'Sapwood'],
  guide: ['/guides/talk-to-a-peer', 'Talk to a peer'],
  package: ['/packages/node', '@sapwood/node'],
  api: ['/api/@sapwood/node', 'createNode'],
  example: ['/examples/v2-handshake', 'v2-handshake'],
  security: ['/security', 'Security'],
  quality: ['/quality', 'Quality'],
  conformance: ['/conformance', 'onformance'],
  sizes: ['/sizes', 'Sizes'],
  decision: ['/decisions/0009-storage', 'torage'],
} as const
/** What is typed into the search, and where one of its answers has to lead. */
const SEARCHES = [
  ['isNodeError', '/api/'],
  ['scripted peer', '/guides/test-with-a-scripted-peer'],
] as const
const PATIENCE = 60_000

const faults: string[] = []
const check = (holds: boolean, fault: string): void => {
  if (!holds) faults.push(fault)
}

async function look(page: Page, screen: keyof typeof SCREENS, url: string): Promise<void> {
  await page.setViewportSize(SCREENS[screen])
  for (const [name, [path, text]] of Object.entries(PAGES)) {
    const response = await page.goto(url + path, { waitUntil: 'networkidle', timeout: PATIENCE })
    check(response?.status() === 200, `${path} is not there`)
    const seen = await page.locator('main').innerText({ timeout: PATIENCE })
    check(seen.includes(text), `${path} says nothing of ${text}`)
    const width = await page.evaluate('document.documentElement.scrollWidth')
    check(Number(width) <= SCREENS[screen].width, `${path} is ${String(width)} wide on a ${screen} screen`)
    if (values.pictures !== undefined) {
      await page.screenshot({ path: join(values.pictures, `${name}-${screen}.png`) })
    }
  }
}

async function search(page: Page, url: string): Promise<void> {
  for (const [words, target] of SEARCHES) {
    await page.goto(url, { waitUntil: 'networkidle', timeout: PATIENCE })
    await page.locator('.VPNavBarSearch button').first().click({ timeout: PATIENCE })
    await page.locator('#localsearch-input').fill(words, { timeout: PATIENCE })
    const answer = page.locator(`#localsearch-list a[href*="${target}"]`).first()
    const isThere = await answer.waitFor({ timeout: PATIENCE }).then(
      () => true,
      () => false,
    )
    check(isThere, `a search for ${words} does not lead to ${target}`)
    if (values.pictures !== undefined) {
      await page.screenshot({ path: join(values.pictures, `search-${words.replaceAll(' ', '-')}.png`) })
    }
  }
}

if (values.pictures !== undefined) mkdirSync(values.pictures, { recursive: true })
await using served = await serveFolder(site)
await using browser = await launchChromium()
const page = await browser.context.newPage()
page.on('pageerror', ({ message }) => faults.push(`an error in a page: ${message}`))
page.on('response', (response) => {
  if (response.status() >= 400) faults.push(`${response.url()}: ${response.status()}`)
})
await look(page, 'large', served.url)
await search(page, served.url)
await look(page, 'small', served.url)
for (const fault of faults) console.error(fault)
console.log(
  `${Object.keys(PAGES).length} pages on ${Object.keys(SCREENS).length} screens, ${faults.length} faults`,
)
process.exitCode = faults.length === 0 ? 0 : 1
