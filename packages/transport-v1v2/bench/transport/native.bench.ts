import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { cryptoBackend } from '../../src/crypto/backend-in-force.ts'
import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { nativeBackend } from '../../src/native/native-backend.ts'
import { forward, sessionPair } from './sessions.ts'

const MESSAGES = 200

function pipe(backend: CryptoBackend, size: number): () => number {
  const [from, to] = sessionPair(backend)
  const payload = new Uint8Array(size)
  return () => {
    for (let sent = 0; sent < MESSAGES; sent++) from.frame({ command: 'tx', payload })
    return forward(from, to).length
  }
}

export default async function bench(emit: Emit): Promise<void> {
  for (const [name, size] of [
    ['32b', 32],
    ['1kb', 1_000],
    ['4kb', 4_000],
    ['100kb', 100_000],
  ] as const) {
    await compare(
      {
        name: `native-pipe-${name}`,
        unit: 'msg/s',
        better: 'higher',
        toFigure: (seconds) => MESSAGES / seconds,
        ours: { name: 'native', run: pipe(nativeBackend, size) },
        references: [{ name: 'default backend', run: pipe(cryptoBackend(), size) }],
      },
      emit,
    )
  }
}
