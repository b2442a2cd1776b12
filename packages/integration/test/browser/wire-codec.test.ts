import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { build, type Plugin } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, launchChromium } from '../../src/browser/chromium.ts'

const INSTALL_TIMEOUT = 300_000

const root = resolve(import.meta.dirname, '../../../..')
const wireCodec = join(root, 'packages/wire-codec')

interface PageResult {
  readonly vectors: readonly { command: string; note: string; message: unknown; payload: string | null }[]
  readonly emptyHash: string
  readonly isNode: boolean
}

interface Vector {
  readonly command: string
  readonly note: string
  readonly payload: string
  readonly canonical: boolean
  readonly message: unknown
}

let folder: string
let browser: Browser
let server: Server
let script: string
let result: PageResult
let vectors: Vector[]

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  // Within the repository, so that what the package depends on is found above it.
  folder = await mkdtemp(join(root, '.cache/wire-codec-page-'))
  script = await bundle(await buildPackage())
  ;[browser, server] = await Promise.all([launchChromium(), serve(script)])
  const page = await browser.context.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  result = await page.evaluate<PageResult>('decodeAll()')
  vectors = JSON.parse(await readFile(join(wireCodec, 'test/vectors/messages.json'), 'utf8')) as Vector[]
}, INSTALL_TIMEOUT)

afterAll(async () => {
  await browser.close()
  await new Promise((done) => server.close(done))
  await rm(folder, { recursive: true })
})

/** Builds the package as it is published, into a folder of its own. */
async function buildPackage(): Promise<string> {
  const installed = join(folder, 'node_modules/@sapwood/wire-codec')
  await mkdir(installed, { recursive: true })
  await cp(join(wireCodec, 'package.json'), join(installed, 'package.json'))
  const tsup = join(root, 'node_modules/tsup/dist/cli-default.js')
  const options = ['--no-dts', '--silent', '--out-dir', join(installed, 'dist')]
  await promisify(execFile)(process.execPath, [tsup, ...options], { cwd: wireCodec })
  return installed
}

/** The page's script, in which the built package stands where the page's source names the package's own. */
async function bundle(installed: string): Promise<string> {
  const builtPackage: Plugin = {
    name: 'built-package',
    setup({ onResolve, resolve: resolveImport }) {
      onResolve({ filter: /\/src\/index\.ts$/ }, () =>
        resolveImport('@sapwood/wire-codec', { kind: 'import-statement', resolveDir: folder }),
      )
    },
  }
  const { outputFiles, metafile } = await build({
    entryPoints: [join(wireCodec, 'test/browser/message-page.ts')],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    plugins: [builtPackage],
    absWorkingDir: installed,
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs).toContain('dist/index.js')
  expect(inputs.filter((input) => input.includes('packages/wire-codec/src'))).toEqual([])
  return outputFiles[0]!.text
}

function serve(page: string): Promise<Server> {
  const http = createServer(({ url }, response) => {
    if (url === '/page.js') response.setHeader('content-type', 'text/javascript').end(page)
    else response.setHeader('content-type', 'text/html').end('<script type="module" src="/page.js"></script>')
  })
  return new Promise((done) => http.listen(0, '127.0.0.1', () => done(http)))
}

describe('wire-codec, built and bundled, in a browser', () => {
  it('needs nothing of Node.js', () => {
    expect(script).not.toMatch(/node:/)
    expect(result.isNode).toBe(false)
  })

  it('hashes with its portable backend', () => {
    expect(result.emptyHash).toBe('5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456')
  })

  it('decodes every message vector, and encodes it again', () => {
    expect(result.vectors.length).toBe(vectors.length)
    for (const [index, { command, note, message, payload, canonical }] of vectors.entries()) {
      const decoded = result.vectors[index]!
      expect(decoded).toMatchObject({ command, note })
      expect(decoded.message).toEqual(message)
      if (canonical && decoded.payload !== null) expect(decoded.payload).toBe(payload)
    }
  })
})
