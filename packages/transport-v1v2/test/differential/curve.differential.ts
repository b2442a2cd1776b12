import type { Draw } from '../../../../tools/differential/draw.ts'
import { type Differential, same } from '../../../../tools/differential/target.ts'
import type { CryptoBackend } from '../../src/crypto/backend.ts'
import { runtimeCrypto as node } from '../../src/crypto/crypto.node.ts'
import { ellSwiftInverse } from '../../src/crypto/ellswift/encode.ts'
import { nobleCrypto as noble } from '../../src/crypto/noble-crypto.ts'
import { createWasmCurve } from '../../src/crypto/wasm-curve.ts'

const BATCH = 20
const curve = createWasmCurve()!

/** A field element or scalar: now and then close to nothing, to 2^256, or with long runs of the same bit. */
function word(draw: Draw): Uint8Array {
  const bytes = draw.bytes(32)
  const kind = draw.below(8)
  if (kind === 0) bytes.fill(0, 0, draw.below(32))
  else if (kind === 1) bytes.fill(0xff, 0, draw.below(32))
  else if (kind === 2) bytes.fill(draw.below(2) === 0 ? 0 : 0xff, draw.below(16), 16 + draw.below(16))
  return bytes
}

function compareSecrets(draw: Draw, other: CryptoBackend): number {
  for (let i = 0; i < BATCH; i++) {
    const secret = word(draw)
    const [one, two] = [curve.createSecretKey(secret), other.createSecretKey(secret)]
    const what = (): string => `secret ${Buffer.from(secret).toString('hex')}`
    same(one?.x, two?.x, what)
    const encoding = new Uint8Array([...word(draw), ...word(draw)])
    same(
      one?.sharedX(encoding),
      two?.sharedX(encoding),
      () => `${what()} with ${Buffer.from(encoding).toString('hex')}`,
    )
  }
  return 2 * BATCH
}

function compareInverses(draw: Draw): number {
  for (let i = 0; i < BATCH; i++) {
    const [x, u, branch] = [word(draw), word(draw), draw.below(8)]
    same(
      curve.ellSwiftInverse(x, u, branch),
      ellSwiftInverse(x, u, branch),
      () => `x ${Buffer.from(x).toString('hex')}, u ${Buffer.from(u).toString('hex')}, branch ${branch}`,
    )
  }
  return BATCH
}

const targets: readonly Differential[] = [
  {
    name: 'secp256k1 keys and shared secrets: wasm beside node:crypto',
    compare: (draw) => compareSecrets(draw, node),
  },
  {
    name: 'secp256k1 keys and shared secrets: wasm beside noble',
    compare: (draw) => compareSecrets(draw, noble),
  },
  { name: 'ElligatorSwift inverses: wasm beside BigInt', compare: compareInverses },
]
export default targets
