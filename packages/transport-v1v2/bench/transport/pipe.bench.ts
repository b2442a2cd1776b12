import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { regtest } from '@sapwood/wire-codec'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { nobleCrypto as noble } from '../../src/crypto/noble-crypto.ts'
import { runtimeCrypto as node } from '../../src/crypto/crypto.node.ts'
import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { cryptoBackend } from '../../src/crypto/backend-in-force.ts'
import { plainPair } from './plain-pair.ts'
import { forward, sessionPair } from './sessions.ts'

const SIZES = {
  'pipe-32b': 32,
  'pipe-250b': 250,
  'pipe-1kb': 1_000,
  'pipe-64kb': 64_000,
  'pipe-1mb': 1_000_000,
  'pipe-4mb': 3_999_000,
}
/** Bytes sent in one go, as a node that answers a request does. */
const BURST = 65_536
const OPTIONS = { authTagLength: 16 }

/** Seals and opens and nothing else. */
function nativeLimit(payload: Uint8Array, count: number): () => number {
  const key = randomBytes(32)
  const nonce = new Uint8Array(12)
  const plaintext = new Uint8Array(payload.length + 2)
  return () => {
    let sum = 0
    for (let index = 0; index < count; index++) {
      nonce[0] = index
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, OPTIONS)
      const sealed = cipher.update(plaintext)
      cipher.final()
      const tag = cipher.getAuthTag()
      const decipher = createDecipheriv('chacha20-poly1305', key, nonce, OPTIONS)
      decipher.setAuthTag(tag)
      const opened = decipher.update(sealed)
      decipher.final()
      sum += opened.length
    }
    return sum
  }
}

function pipe(backend: CryptoBackend, payload: Uint8Array, count: number): () => number {
  const [from, to] = sessionPair(backend)
  return () => {
    let received = 0
    for (let sent = 0; sent < count; ) {
      while (sent < count && from.outbox.length < BURST) {
        from.frame({ command: 'tx', payload })
        sent += 1
      }
      for (const message of forward(from, to)) received += message.payload.length
    }
    if (received !== count * payload.length) throw new Error('bytes were lost')
    return received
  }
}

function plain(payload: Uint8Array, count: number): () => number {
  const [from, to] = plainPair(regtest.magic, 0)
  const contents = new Uint8Array(payload.length + 1)
  return () => {
    let received = 0
    for (let index = 0; index < count; index++) {
      contents.set(payload, 1)
      received += to.open(from.seal(contents)).length
    }
    return received
  }
}

export default async function bench(emit: Emit): Promise<void> {
  for (const [name, size] of Object.entries(SIZES)) {
    const payload = new Uint8Array(randomBytes(size))
    const count = Math.max(1, Math.min(1_000, Math.floor(4_000_000 / size)))
    const small = size < 1_000
    await compare(
      {
        name,
        unit: small ? 'msg/s' : 'MB/s',
        better: 'higher',
        toFigure: (seconds) => (small ? count / seconds : (count * size) / seconds / 1e6),
        ours: { name: 'sapwood', run: pipe(cryptoBackend(), payload, count) },
        references: [
          { name: 'node:crypto seals and opens', run: nativeLimit(payload, count) },
          { name: 'sapwood on node:crypto', run: pipe(node, payload, count) },
          { name: 'sapwood on noble', run: pipe(noble, payload, count) },
          { name: 'scure and noble, plain', run: plain(payload, count) },
        ],
        rounds: size > 100_000 ? 15 : 41,
      },
      emit,
    )
  }
}
