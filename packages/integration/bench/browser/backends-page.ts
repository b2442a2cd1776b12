import {
  blockHashes,
  blockMerkleRoot,
  checkWitnessCommitment,
  decodeBlock,
  regtest,
} from '@sapwood/wire-codec'
import type { Aead, CryptoBackend } from '../../../transport-v1v2/src/crypto/backend.ts'
import { nobleCrypto } from '../../../transport-v1v2/src/crypto/noble-crypto.ts'
import { createPageCrypto } from '../../../transport-v1v2/src/crypto/page-crypto.ts'
import { useSha256Backend } from '../../../wire-codec/src/crypto/backend-in-force.ts'
import { runtimeSha256 } from '../../../wire-codec/src/crypto/crypto.ts'
import { oneByOne } from '../../../wire-codec/src/crypto/one-by-one.ts'
import { createWasmSha256 } from '../../../wire-codec/src/crypto/wasm-sha256.ts'
import type { PageBench, PageRow } from './page-row.ts'

const ROUNDS = 9
/** Milliseconds that one turn takes, about: a page's clock is a coarse one. */
const TURN = 60
const HEADERS = 2_000
const SIZES = { 33: 'packets-33b', 1_000: 'packets-1kb', 1_000_000: 'packets-1mb' }

/** Runs in a page: our WebAssembly and noble in turn, on the page's own thread. */
const bench: PageBench = (blocks) => {
  const crypto = createPageCrypto()
  const sha256 = createWasmSha256(runtimeSha256)
  if (crypto === undefined || sha256 === undefined) throw new Error('No WebAssembly in this page')
  const rows: PageRow[] = []
  for (const [size, name] of Object.entries(SIZES))
    rows.push(row(name, packets(crypto, Number(size)), packets(nobleCrypto, Number(size))))
  const noble = oneByOne(runtimeSha256)
  const by = (backend: typeof noble, run: () => unknown) => () => {
    useSha256Backend(backend)
    return run()
  }
  for (const [name, base64] of Object.entries(blocks)) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const check = (): unknown => {
      const block = decodeBlock(bytes)
      return [blockMerkleRoot(block), checkWitnessCommitment(block)]
    }
    rows.push(row(`block-check-${name}`, by(sha256, check), by(noble, check)))
  }
  const headers = Array.from({ length: HEADERS }, (_, nonce) => ({ ...regtest.genesis, nonce }))
  const hash = (): unknown => blockHashes(headers)
  rows.push(row('headers', by(sha256, hash), by(noble, hash)))
  rows.push(row('shared-secret', sharedSecret(crypto), sharedSecret(nobleCrypto)))
  rows.push(row('secret-key', secretKey(crypto), secretKey(nobleCrypto)))
  return rows
}
Object.assign(globalThis, { backendsBench: bench })

/** Seals and opens one packet. */
function packets(backend: CryptoBackend, size: number): () => unknown {
  const aead: Aead = backend.createAead(new Uint8Array(32).fill(7))
  const plaintext = new Uint8Array(size)
  const sealed = new Uint8Array(size + 16)
  const nonce = new Uint8Array(12)
  return () => {
    aead.sealInto(sealed, 0, nonce, undefined, plaintext)
    return aead.open(nonce, undefined, sealed)
  }
}

const secretOf = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => 1 + ((i * seed) & 0x7f))

function sharedSecret(backend: CryptoBackend): () => unknown {
  const key = backend.createSecretKey(secretOf(3))!
  const encoding = Uint8Array.from({ length: 64 }, (_, i) => 5 * i)
  return () => key.sharedX(encoding)
}

function secretKey(backend: CryptoBackend): () => unknown {
  const secret = secretOf(5)
  return () => backend.createSecretKey(secret)
}

/** What was computed last is held on to, so that computing it is not left out. */
const kept: { result?: unknown } = {}

/** Medians of both in seconds; each has its turn in each round. */
function row(name: string, ours: () => unknown, noble: () => unknown): PageRow {
  const contenders = [ours, noble].map((run) => ({ run, repeats: repeatsFor(run), seconds: [] as number[] }))
  for (let round = 0; round < ROUNDS; round++)
    for (const { run, repeats, seconds } of round % 2 === 0 ? contenders : [...contenders].reverse())
      seconds.push(time(run, repeats))
  const [one, other] = contenders.map(({ seconds }) => seconds.sort((a, b) => a - b)[ROUNDS >> 1]!)
  return { name, ours: one!, noble: other! }
}

function time(run: () => unknown, repeats: number): number {
  const start = performance.now()
  for (let done = 0; done < repeats; done++) kept.result = run()
  return (performance.now() - start) / 1_000 / repeats
}

function repeatsFor(run: () => unknown): number {
  for (let repeats = 1; ; ) {
    const milliseconds = time(run, repeats) * 1_000 * repeats
    if (milliseconds >= TURN) return repeats
    repeats = Math.max(
      repeats + 1,
      Math.min(2 * repeats, Math.ceil((repeats * TURN) / Math.max(milliseconds, 1))),
    )
  }
}
