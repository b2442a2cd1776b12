import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { launchChromium } from '../../src/browser/chromium.ts'
import type { PageRow } from './page-row.ts'

const VECTORS = new URL('../../../wire-codec/test/vectors/', import.meta.url)
const FILES = { '413567': 'core-block413567.raw', '928816': 'block928816.raw' }

/** Our WebAssembly beside noble in headless Chromium, on a page's own thread. */
const bench: Bench = async (emit) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('backends-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    conditions: ['@sapwood/source'],
    target: 'es2022',
  })
  const blocks = Object.fromEntries(
    Object.entries(FILES).map(([name, file]) => [
      name,
      readFileSync(new URL(file, VECTORS)).toString('base64'),
    ]),
  )
  await using browser = await launchChromium()
  const page = await browser.context.newPage()
  await page.addScriptTag({ content: outputFiles[0]!.text })
  const rows = await page.evaluate<readonly PageRow[]>(`backendsBench(${JSON.stringify(blocks)})`)
  for (const { name, ours, noble } of rows)
    emit(
      figure({
        name,
        unit: '1/s',
        better: 'higher',
        ours: 1 / ours,
        reference: 1 / noble,
        referenceName: 'noble',
      }),
    )
}

export default bench
