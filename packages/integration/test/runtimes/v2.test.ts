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

let bitcoind: RegtestBitcoind
let folder: string
let script: string

beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start()
  folder = await mkdtemp(join(tmpdir(), 'sapwood-runtimes-'))
  script = join(folder, 'v2-program.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('v2-program.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    format: 'esm',
    // The Node.js build of our packages: what such a runtime takes, as it calls itself a Node.js.
    platform: 'node',
    conditions: ['@sapwood/source', 'node'],
    target: 'es2022',
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
    await using running = await startProcess([...(await find()), script, remote], { cwd: folder })
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
