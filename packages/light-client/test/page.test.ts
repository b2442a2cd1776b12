import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Browser, launchChromium, launchHidingChromium } from '../../integration/src/browser/chromium.ts'
import { type ServedPage, servePage } from '../src/server/serve-page.ts'

const INSTALL_TIMEOUT = 300_000
/** Under load everything here takes its time: nothing waits for less. */
const PATIENCE = { timeout: 60_000, interval: 50 }
/** Alters a byte of each run of headers in the store; says of how many. */
const DAMAGE_HEADERS = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('sapwood/light-client')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const database = opening.result
    const transaction = database.transaction('entries', 'readwrite')
    const range = IDBKeyRange.bound(['headers'], ['headers', []])
    const reading = transaction.objectStore('entries').openCursor(range)
    let altered = 0
    reading.onsuccess = () => {
      const cursor = reading.result
      if (cursor === null) return
      cursor.value[cursor.value.length >> 1] ^= 1
      cursor.update(cursor.value)
      altered += 1
      cursor.continue()
    }
    transaction.oncomplete = () => {
      database.close()
      resolve(altered)
    }
    transaction.onabort = () => reject(transaction.error)
  }
})`
/** Has the page note what the browser does to it. */
const NOTE_LIFECYCLE = `globalThis.lifecycle = []
for (const name of ['freeze', 'resume'])
  document.addEventListener(name, () => globalThis.lifecycle.push(name))`
/** Where pictures for the documentation are put; none are taken without it. */
const PICTURES = process.env['SAPWOOD_PICTURES']

let served: ServedPage
let browser: Browser
let page: Page

beforeAll(async () => {
  ;[served, browser] = await Promise.all([servePage(), launchChromium()])
  await served.bitcoind.fund(2)
  page = await browser.context.newPage()
  await page.goto(served.url)
}, INSTALL_TIMEOUT)

afterAll(async () => {
  await browser.close()
  await served.close()
})

it(
  'shows the connection, the chain and payments; takes one back with its block; recovers, and resumes',
  async () => {
    const { bitcoind } = served
    const rpc = bitcoind.rpc.bind(bitcoind)
    const height = Number(await rpc('getblockcount'))
    await shows('#height', String(height))
    expect(await textOf('#hash')).toBe(await rpc('getbestblockhash'))
    expect(await textOf('#connection')).toMatch(/^encrypted with \/Satoshi:/)
    expect(await textOf('#session')).toBe(await sessionId())
    expect(await page.getAttribute('#progress', 'value')).toBe('1')

    const script = '0014' + '07'.repeat(20)
    await page.fill('#script', 'no address')
    await page.keyboard.press('Enter')
    await shows('#fault', /neither/)
    await page.fill('#script', script)
    await page.keyboard.press('Enter')
    await shows('#scan', `Filters matched in this tab up to height ${height}.`)

    await bitcoind.pay(Uint8Array.from(Buffer.from(script, 'hex')), 150_000_000n)
    const [block] = await bitcoind.mine(1)
    await shows('#payments', /1\.50000000/)
    expect(await page.locator('#payments tr').count()).toBe(1)
    await shows('#messages', /cfilter/)
    expect(await textOf('#backend')).toBe('wasm+noble, wasm+noble')
    await picture('light', { width: 1200, height: 1100 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await picture('dark-phone', { width: 390, height: 844 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    await page.emulateMedia({ colorScheme: 'light' })

    await rpc('invalidateblock', block)
    await rpc('generateblock', await rpc('getdescriptorinfo', 'raw(51)').then(descriptorOf), [])
    await rpc('generateblock', await rpc('getdescriptorinfo', 'raw(51)').then(descriptorOf), [])
    await shows('#height', String(height + 2))
    await expect.poll(() => page.locator('#payments tr').count(), PATIENCE).toBe(0)

    const first = await textOf('#session')
    await page.focus('#unplug')
    await page.keyboard.press('Enter')
    await shows('#session', new RegExp(`^(?!${first})[0-9a-f]{64}$`))
    expect(await sessionId()).toBe(await textOf('#session'))

    const second = await browser.context.newPage()
    await second.goto(served.url)
    await expect.poll(() => second.textContent('#connection'), PATIENCE).toMatch(/another tab/)
    await second.close()

    await bitcoind.mine(1)
    await shows('#payments', /1\.50000000/)
    await page.reload()
    await shows('#payments', /1\.50000000/)
    await shows('#height', String(height + 3))
    await shows('#connection', /^encrypted/)
  },
  INSTALL_TIMEOUT,
)

it(
  'shows what a relay reads where nothing is encrypted',
  async () => {
    // By the keyboard: a click that finds the page gone is tried again on the next, which goes back.
    await page.focus('#v1')
    await page.keyboard.press('Space')
    await shows('#connection', /^NOT encrypted/)
    await shows('#relay', /verack/)
    expect(await textOf('#relay-note')).toMatch(/v1/)
  },
  INSTALL_TIMEOUT,
)

it(
  'works where a page may run no WebAssembly',
  async () => {
    await using strict = await servePage({ wasm: false })
    await strict.bitcoind.mine(3)
    await page.goto(strict.url)
    await shows('#backend', 'noble, noble')
    await shows('#connection', /^encrypted/)
    await shows('#hash', await strict.bitcoind.rpc<string>('getbestblockhash'))
  },
  INSTALL_TIMEOUT,
)

it(
  'begins anew with the chain of another start, shorter though it is, and goes on watching',
  async () => {
    const script = '0014' + '08'.repeat(20)
    const before = await servePage()
    const port = Number(new URL(before.url).port)
    await before.bitcoind.mine(5)
    await page.goto(before.url)
    await shows('#hash', await before.bitcoind.rpc<string>('getbestblockhash'))
    await page.fill('#script', script)
    await page.keyboard.press('Enter')
    await shows('#scan', /height 5/)
    await before.close()
    await using after = await servePage({ port })
    await after.bitcoind.mine(2)
    await page.reload()
    await shows('#hash', await after.bitcoind.rpc<string>('getbestblockhash'))
    await shows('#scan', /height 2/)
    expect(await textOf('#watched')).toBe(script)
  },
  INSTALL_TIMEOUT,
)

it(
  'asks again for what does not read back, and goes on where nothing can be kept any more',
  async () => {
    const { bitcoind } = served
    await page.goto(served.url)
    await shows('#connection', /^encrypted/)
    expect(await page.evaluate<number>(DAMAGE_HEADERS)).toBeGreaterThan(0)
    await page.reload()
    await shows('#hash', await bitcoind.rpc<string>('getbestblockhash'))

    const devtools = await browser.context.newCDPSession(page)
    const origin = new URL(served.url).origin
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
    for (let count = 0; count < 3; count++) {
      const [hash = ''] = await bitcoind.mine(1)
      await shows('#hash', hash)
    }
    // Nor is there room to begin with.
    await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
    await page.reload()
    await shows('#hash', await bitcoind.rpc<string>('getbestblockhash'))
    await devtools.send('Storage.overrideQuotaForOrigin', { origin })
    await page.reload()
    await shows('#hash', await bitcoind.rpc<string>('getbestblockhash'))
  },
  INSTALL_TIMEOUT,
)

it(
  'goes on in a tab that is hidden, and after one that was frozen while its peer left',
  async () => {
    const { bitcoind, url } = served
    const script = '0014' + '09'.repeat(20)
    await using hiding = await launchHidingChromium()
    const tab = await hiding.context.newPage()
    await tab.goto(url)
    await tab.evaluate(NOTE_LIFECYCLE)
    await shows('#connection', /^encrypted/, tab)
    await tab.fill('#script', script)
    await tab.keyboard.press('Enter')
    await shows('#scan', new RegExp(`height ${await bitcoind.rpc<number>('getblockcount')}`), tab)
    const session = await textOf('#session', tab)

    const other = await hiding.context.newPage()
    await other.bringToFront()
    await expect.poll(() => tab.evaluate('document.visibilityState'), PATIENCE).toBe('hidden')
    await bitcoind.pay(Uint8Array.from(Buffer.from(script, 'hex')), 250_000_000n)
    const [first = ''] = await bitcoind.mine(1)
    await shows('#hash', first, tab)
    await shows('#payments', /2\.50000000/, tab)
    expect(await textOf('#session', tab)).toBe(session)

    const devtools = await hiding.context.newCDPSession(tab)
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    await expect.poll(() => tab.evaluate('globalThis.lifecycle'), PATIENCE).toEqual(['freeze'])
    await bitcoind.pay(Uint8Array.from(Buffer.from(script, 'hex')), 350_000_000n)
    const [, second = ''] = await bitcoind.mine(2)
    for (const { id } of await bitcoind.rpc<{ readonly id: number }[]>('getpeerinfo'))
      await bitcoind.rpc('disconnectnode', '', id)
    expect(await textOf('#hash', tab)).toBe(first)
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    await expect.poll(() => tab.evaluate('globalThis.lifecycle'), PATIENCE).toEqual(['freeze', 'resume'])
    await shows('#hash', second, tab)
    await shows('#payments', /3\.50000000/, tab)
    await shows('#session', new RegExp(`^(?!${session})[0-9a-f]{64}$`), tab)
    expect(await tab.evaluate('document.visibilityState')).toBe('hidden')
  },
  INSTALL_TIMEOUT,
)

async function textOf(selector: string, on = page): Promise<string> {
  return (await on.textContent(selector)) ?? ''
}

async function shows(selector: string, text: string | RegExp, on = page): Promise<void> {
  await expect
    .poll(() => textOf(selector, on), PATIENCE)
    .toEqual(typeof text === 'string' ? text : expect.stringMatching(text))
}

async function sessionId(): Promise<string | undefined> {
  const [peer] = await served.bitcoind.rpc<{ readonly session_id: string }[]>('getpeerinfo')
  return peer?.session_id
}

function descriptorOf(info: unknown): string {
  return (info as { readonly descriptor: string }).descriptor
}

async function picture(
  name: string,
  viewport: { readonly width: number; readonly height: number },
): Promise<void> {
  await page.setViewportSize(viewport)
  if (PICTURES !== undefined)
    await page.screenshot({ path: `${PICTURES}/light-client-${name}.png`, fullPage: true })
}
