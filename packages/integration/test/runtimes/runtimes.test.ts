import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { startProcess } from '../../src/programs/start-process.ts'
import { bun, deno } from './programs.ts'
import { speakV2 } from './speak-v2.ts'

const INSTALL_TIMEOUT = 600_000
const START_TIMEOUT = 100_000

/** `OP_TRUE`: blocks that pay to it have a filter that says so. */
const ANYONE = Uint8Array.of(0x51)

let bitcoind: RegtestBitcoind
let folder: string

beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
  folder = await mkdtemp(join(tmpdir(), 'sapwood-runtimes-'))
  await build({
    entryPoints: ['v2-program.ts', 'node-program.ts'].map((name) =>
      fileURLToPath(new URL(name, import.meta.url)),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    // The Node.js build of our packages: what such a runtime takes, as it calls itself a Node.js.
    platform: 'node',
    conditions: ['@sapwood/source', 'node'],
    target: 'es2022',
    // Some of what a node depends on is CommonJS, and asks for Node's own modules that way.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
    },
  })
}, INSTALL_TIMEOUT)

afterAll(async () => {
  await bitcoind.stop()
  await rm(folder, { recursive: true, force: true })
})

const runtimes = {
  'Node.js': () => Promise.resolve([process.execPath]),
  Bun: bun,
  Deno: deno,
}

it.each(Object.entries(runtimes))(
  'speaks v2 with bitcoind on %s',
  async (_, find) => {
    const { result, peers } = await speakV2(await find(), { folder, file: 'v2-program.mjs' }, bitcoind)
    expect(result).toMatchObject({ protocol: 'v2', crypto: 'wasm+node', sha256: 'wasm+node:crypto' })
    expect(result.userAgent).toMatch(/Satoshi/)
    const expected = { session_id: result.sessionId, transport_protocol_type: 'v2' }
    expect(peers).toContainEqual(expect.objectContaining(expected))
  },
  INSTALL_TIMEOUT,
)

it('speaks v2 with bitcoind on a processor that has none of the vectors of our WebAssembly', async () => {
  const command = [process.execPath, '--no-enable-ssse3', '--no-enable-sse4-1']
  const { result, peers } = await speakV2(command, { folder, file: 'v2-program.mjs' }, bitcoind)
  // Those of the other architectures are in each of their processors.
  const all = { crypto: 'wasm+node', sha256: 'wasm+node:crypto' }
  const without = process.arch === 'x64' ? { crypto: 'node', sha256: 'node:crypto' } : all
  expect(result).toMatchObject({ protocol: 'v2', ...without })
  const expected = { session_id: result.sessionId, transport_protocol_type: 'v2' }
  expect(peers).toContainEqual(expect.objectContaining(expected))
})

it.each(Object.entries(runtimes))(
  'runs a node on %s: headers, filters and blocks from bitcoind, and an end',
  async (_, find) => {
    await bitcoind.mineTo(ANYONE, 2)
    await bitcoind.mine(3)
    const height = await bitcoind.rpc<number>('getblockcount')
    const program = [join(folder, 'node-program.mjs'), `127.0.0.1:${bitcoind.p2pPort}`, String(height)]
    await using running = await startProcess([...(await find()), ...program], { cwd: folder })
    const [line] = await running.waitForOutput(/^\{.*\}$/m, START_TIMEOUT)
    const result = JSON.parse(line) as { readonly blocks: number }
    expect(result).toMatchObject({ hash: await bitcoind.rpc('getbestblockhash'), transport: 'v2' })
    // Two more for each runtime before it.
    expect(result.blocks).toBe((height / 5) * 2)
  },
  INSTALL_TIMEOUT,
)
