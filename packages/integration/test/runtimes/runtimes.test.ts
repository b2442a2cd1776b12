import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { findProgram } from '../../src/programs/find-program.ts'
import { startProcess } from '../../src/programs/start-process.ts'
import { BUN, DENO } from './programs.ts'

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
  Bun: async () => (await findProgram(BUN)).command,
  Deno: async () => [...(await findProgram(DENO)).command, 'run', '--allow-all', '--no-config', '--no-lock'],
}

it.each(Object.entries(runtimes))(
  'speaks v2 with bitcoind on %s',
  async (_, find) => {
    const remote = `127.0.0.1:${bitcoind.p2pPort}`
    await using running = await startProcess([...(await find()), join(folder, 'v2-program.mjs'), remote], {
      cwd: folder,
    })
    const [line] = await running.waitForOutput(/^\{.*\}$/m, START_TIMEOUT)
    const result = JSON.parse(line) as { readonly sessionId: string; readonly userAgent: string }
    expect(result).toMatchObject({ protocol: 'v2', crypto: 'wasm+node', sha256: 'wasm+node:crypto' })
    expect(result.userAgent).toMatch(/Satoshi/)
    const peers = await bitcoind.rpc<{ session_id: string; transport_protocol_type: string }[]>('getpeerinfo')
    const expected = { session_id: result.sessionId, transport_protocol_type: 'v2' }
    expect(peers).toContainEqual(expect.objectContaining(expected))
  },
  INSTALL_TIMEOUT,
)

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
