import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { RegtestBitcoind } from '../../src/index.ts'
import { V2Pages } from '../browser/v2-pages.ts'
import { bun, deno, otherNodes } from './programs.ts'
import { speakV2, type V2Peer } from './speak-v2.ts'

// v2 with a bitcoind from the packages as they are built, in a folder as npm would make it: on this Node.js
// and other releases of it, Bun, Deno, and in Chromium. Where a runtime takes its files from is up to the
// conditions of the packages' exports, which tests of the sources do not go by. They have to be built.
const root = resolve(import.meta.dirname, '../../../..')
const FILE = 'v2-program.mjs'

const folder = mkdtempSync(join(tmpdir(), 'sapwood-built-'))
const bitcoind = await RegtestBitcoind.start()
try {
  install('@sapwood/transport-v1v2')
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await build({
    entryPoints: [join(import.meta.dirname, 'v2-program.ts')],
    outfile: join(folder, FILE),
    bundle: true,
    external: ['@sapwood/*'],
    format: 'esm',
    platform: 'node',
    target: 'es2022',
  })
  const runtimes = {
    [`Node.js ${process.versions.node}`]: () => Promise.resolve([process.execPath]),
    ...otherNodes,
    Bun: bun,
    // What it may load from `node_modules` it goes by the folder's `package.json`.
    Deno: async () => (await deno()).filter((option) => option !== '--no-config'),
  }
  for (const [name, find] of Object.entries(runtimes)) {
    const { result, peers } = await speakV2(await find(), { folder, file: FILE }, bitcoind)
    assert.equal(result.crypto, 'wasm+node')
    assert.equal(result.sha256, 'wasm+node:crypto')
    report(name, result, peers)
  }
  await using pages = await V2Pages.start(bitcoind, [])
  for (const strict of [false, true]) {
    const { result, peers } = await pages.speak(strict)
    assert.equal(result.crypto, strict ? 'noble' : 'wasm+noble')
    report(strict ? 'Chromium, a page that may compile no WebAssembly' : 'Chromium', result, peers)
  }
} finally {
  await bitcoind.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** Copies a package and what it depends on, however deep. */
function install(name: string): void {
  const target = join(folder, 'node_modules', name)
  if (existsSync(target)) return
  const source = join(root, 'node_modules', name)
  const manifest = readFileSync(join(source, 'package.json'), 'utf8')
  const ours = name.startsWith('@sapwood/')
  if (ours) {
    // What its archive has besides are sources, which no runtime takes.
    cpSync(join(source, 'dist'), join(target, 'dist'), { recursive: true })
    writeFileSync(join(target, 'package.json'), manifest)
  } else cpSync(source, target, { recursive: true, dereference: true })
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
  for (const dependency of Object.keys(dependencies)) install(dependency)
}

/** @throws AssertionError unless bitcoind says the same of the session. */
function report(
  name: string,
  result: { readonly protocol: string; readonly sessionId: string; readonly crypto: string },
  peers: readonly V2Peer[],
): void {
  assert.equal(result.protocol, 'v2')
  const peer = peers.find(({ session_id }) => session_id === result.sessionId)
  assert.equal(peer?.transport_protocol_type, 'v2', `bitcoind has no session ${result.sessionId}`)
  console.log(`${name}: v2 with bitcoind, by ${result.crypto}, session ${result.sessionId.slice(0, 16)}…`)
}
