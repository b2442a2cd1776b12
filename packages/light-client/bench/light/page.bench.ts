import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { allowedPeers, RegtestBitcoind, startWebSocketRelay } from '@sapwood/integration'
import { formatPeerAddress } from '@sapwood/wire-codec'
import { type Bench, type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { launchChromium } from '../../../integration/src/browser/chromium.ts'
import type { LightPage, PageSettings } from './page-settings.ts'

const FILTERS = Number(process.env['SAPWOOD_BENCH_FILTERS'] ?? 10_000)
const VISITS = 5
const ROUNDS = 3
/** Filters that the bare hashing is measured with, for ten thousand scripts: it is the same for each. */
const HASHED_FILTERS = 500
/** What every block pays to, so that its filter is not empty. */
const SOMEBODY: Uint8Array = Uint8Array.of(0, 20, ...new Uint8Array(20).fill(0xaa))
/** Blocks above the checkpoint of a light start. */
const ABOVE = 10

type Measured = typeof globalThis & { readonly lightPage?: LightPage }

async function pageFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { main: new URL('light-page.ts', import.meta.url).pathname },
    bundle: true,
    write: false,
    splitting: true,
    minify: true,
    format: 'esm',
    outdir: '/',
    platform: 'browser',
    target: 'es2022',
  })
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]))
}

/** The page, with what `settings` gives for its path. */
async function serve(
  files: ReadonlyMap<string, Uint8Array>,
  settings: (path: string) => PageSettings,
): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const file = files.get(url)
    response.setHeader('content-type', file === undefined ? 'text/html' : 'text/javascript')
    const text = JSON.stringify(settings(url)).replaceAll('"', '&quot;')
    response.end(
      file ?? `<!doctype html><body data-settings="${text}"><script type="module" src="main.js"></script>`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function visit(page: Page, url: string): Promise<number> {
  await page.goto(url)
  await page.waitForFunction(() => (globalThis as Measured).lightPage !== undefined)
  return await page.evaluate(() => (globalThis as Measured).lightPage!.firstHeader)
}

/** MB of what the page's own thread holds: objects, buffers and what the browser keeps for them. */
async function megabytesOf(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('HeapProfiler.enable')
  await devtools.send('HeapProfiler.collectGarbage')
  const usage = (await devtools.send('Runtime.getHeapUsage')) as {
    readonly usedSize: number
    readonly embedderHeapUsedSize?: number
    readonly backingStorageSize?: number
  }
  return (usage.usedSize + (usage.embedderHeapUsedSize ?? 0) + (usage.backingStorageSize ?? 0)) / 1e6
}

async function measureVisits(page: Page, url: string, emit: Emit): Promise<void> {
  const cold: number[] = []
  const warm: number[] = []
  for (let round = 0; round < VISITS; round++) {
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Storage.clearDataForOrigin', { origin: url, storageTypes: 'indexeddb' })
    await devtools.send('Network.clearBrowserCache')
    cold.push(await visit(page, url))
    await page.evaluate((height) => (globalThis as Measured).lightPage!.until(height), FILTERS)
    await page.evaluate(() => (globalThis as Measured).lightPage!.stop())
    warm.push(await visit(page, url))
    await page.evaluate(() => (globalThis as Measured).lightPage!.stop())
  }
  const unit = 'ms'
  emit(figure({ name: 'first-header-cold', unit, better: 'lower', ours: median(cold) }))
  emit(figure({ name: 'first-header-warm', unit, better: 'lower', ours: median(warm) }))
}

async function measureFilters(page: Page, emit: Emit): Promise<void> {
  for (const scripts of [20, 10_000]) {
    const matched: number[] = []
    const hashed: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const { seconds } = await page.evaluate(
        ([count, to]) => (globalThis as Measured).lightPage!.match(count, to),
        [scripts, FILTERS] as const,
      )
      matched.push(FILTERS / seconds)
      const bare = await page.evaluate(
        ([count, filters]) => (globalThis as Measured).lightPage!.hash(count, filters),
        [scripts, scripts > 100 ? HASHED_FILTERS : FILTERS] as const,
      )
      hashed.push((scripts > 100 ? HASHED_FILTERS : FILTERS) / bare.seconds)
    }
    emit(
      figure({
        name: `filters-${scripts}`,
        unit: 'filters/s',
        better: 'higher',
        ours: median(matched),
        reference: median(hashed),
        referenceName: 'SipHash of the scripts alone',
      }),
    )
  }
}

/** Chromium on loopback: how soon a page has a header, how fast it matches filters, and what it holds. */
const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
  await bitcoind.mineTo(SOMEBODY, FILTERS)
  const files = await pageFiles()
  const server = await serve(files, (path) => (path === '/light' ? light : whole))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await using relay = await startWebSocketRelay({
    route: allowedPeers([bitcoind.p2pAddress]),
    origins: [url],
  })
  const peer = formatPeerAddress(bitcoind.p2pAddress)
  const height = FILTERS - ABOVE
  const hash = await bitcoind.rpc<string>('getblockhash', height)
  const header = await bitcoind.rpc<string>('getblockheader', hash, false)
  const { chainwork } = await bitcoind.rpc<{ readonly chainwork: string }>('getblockheader', hash)
  const whole: PageSettings = { relay: relay.url, peer, from: 1 }
  const light: PageSettings = { ...whole, from: height, checkpoint: { height, header, chainWork: chainwork } }
  await using browser = await launchChromium()
  try {
    const page = await browser.context.newPage()
    await measureVisits(page, url, emit)
    await visit(page, url)
    await measureFilters(page, emit)
    await visit(page, `${url}/light`)
    await page.evaluate((to) => (globalThis as Measured).lightPage!.match(20, to), FILTERS)
    emit(figure({ name: 'light-start-memory', unit: 'MB', better: 'lower', ours: await megabytesOf(page) }))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

export default bench
