import type { Draw } from '../../../../tools/differential/draw.ts'
import { type Differential, same } from '../../../../tools/differential/target.ts'
import type { Aead, CryptoBackend } from '../../src/crypto/backend.ts'
import { runtimeCrypto as node } from '../../src/crypto/crypto.node.ts'
import { nobleCrypto as noble } from '../../src/crypto/noble-crypto.ts'
import { createWasmCiphers } from '../../src/crypto/wasm-aead.ts'

const BATCH = 50
const TAG = 16
const BORDERS = [0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 511, 512, 4_095, 4_096]
/** One packet in so many is far longer, across the parts in which it goes through the module. */
const LONG_ONE_IN = 200
const LONG_BORDERS = [65_472, 65_536, 131_008, 131_072]

/** All ways to seal and open one packet, and one that has been bent. */
function comparePacket(draw: Draw, ours: Aead, other: Aead): number {
  const isLong = draw.below(LONG_ONE_IN) === 0
  const plaintext = draw.bytes(isLong ? draw.length(140_000, LONG_BORDERS) : draw.length(700, BORDERS))
  const { length } = plaintext
  const nonce = draw.bytes(12)
  const aad = draw.below(2) === 0 ? undefined : draw.bytes(draw.length(64, [0, 4_095]))
  const what = (): string => `${length} bytes beside ${aad?.length ?? 'no'}`
  const sealed = new Uint8Array(length + TAG)
  other.sealInto(sealed, 0, nonce, aad, plaintext)
  const out = new Uint8Array(length + TAG)
  ours.sealInto(out, 0, nonce, aad, plaintext)
  same(out, sealed, what)
  const cut = draw.below(length + 1)
  same(
    Buffer.concat(ours.sealParts(nonce, aad, plaintext.subarray(0, cut), plaintext.subarray(cut))),
    sealed,
    what,
  )
  same(ours.open(nonce, aad, sealed), plaintext, what)
  const parts = [sealed.slice(0, cut), sealed.slice(cut, length)]
  const opened = ours.openParts(nonce, aad, parts, sealed.subarray(length))
  same(opened && Buffer.concat(opened), plaintext, what)
  const bent = sealed.slice()
  bent[draw.below(bent.length)]! ^= 1 << draw.below(8)
  same(ours.open(nonce, aad, bent), undefined, () => `${what()}, bent`)
  return 5
}

function compare(
  draw: Draw,
  ours: Pick<CryptoBackend, 'createAead' | 'chacha20'>,
  other: CryptoBackend,
): number {
  const key = draw.bytes(32)
  const [one, two] = [ours.createAead(key), other.createAead(key)]
  let inputs = 0
  for (let i = 0; i < BATCH; i++) inputs += comparePacket(draw, one, two)
  for (let i = 0; i < BATCH; i++) {
    const nonce = draw.bytes(12)
    const block = draw.below(2 ** 20)
    const length = draw.length(600, BORDERS)
    same(
      ours.chacha20(key, nonce, block, length),
      other.chacha20(key, nonce, block, length),
      () => `${length} bytes of keystream from block ${block}`,
    )
  }
  return inputs + BATCH
}

const wasm = createWasmCiphers(node, Infinity)!
const targets: readonly Differential[] = [
  { name: 'ChaCha20-Poly1305: wasm beside node:crypto', compare: (draw) => compare(draw, wasm, node) },
  { name: 'ChaCha20-Poly1305: wasm beside noble', compare: (draw) => compare(draw, wasm, noble) },
]
export default targets
