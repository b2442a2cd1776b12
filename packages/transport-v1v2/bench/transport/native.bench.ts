import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { runtimeCrypto as node } from '../../src/crypto/crypto.node.ts'
import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { nativeBackend } from '../../src/native/native-backend.ts'
import { forward, sessionPair } from './sessions.ts'

const MESSAGES = 1_000

function pipe(backend: CryptoBackend): () => number {
  const [from, to] = sessionPair(backend)
  const payload = new Uint8Array(32)
  return () => {
    for (let sent = 0; sent < MESSAGES; sent++) from.frame({ command: 'tx', payload })
    return forward(from, to).length
  }
}

export default async function bench(emit: Emit): Promise<void> {
  await compare(
    {
      name: 'native-pipe-32b',
      unit: 'msg/s',
      better: 'higher',
      toFigure: (seconds) => MESSAGES / seconds,
      ours: { name: 'native', run: pipe(nativeBackend) },
      references: [{ name: 'default backend', run: pipe(node) }],
      rounds: 21,
    },
    emit,
  )
  await compare(
    {
      name: 'native-handshake-pair',
      unit: 'ms',
      better: 'lower',
      toFigure: (seconds) => seconds * 1e3,
      ours: { name: 'native', run: () => sessionPair(nativeBackend) },
      references: [{ name: 'default backend', run: () => sessionPair(node) }],
      rounds: 31,
    },
    emit,
  )
}
