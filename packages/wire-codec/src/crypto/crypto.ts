import { sha256 } from '@noble/hashes/sha2.js'
import type { StartHashItems } from './hash-items.ts'
import { oneByOne } from './one-by-one.ts'
import type { RuntimeSha256, StartSha256 } from './sha256-backend.ts'

/** SHA-256 in JavaScript, for any runtime. */
export const runtimeSha256: RuntimeSha256 = {
  name: 'noble',
  fasterFrom: undefined,
  sha256: (bytes) => sha256(bytes),
  sha256d: (bytes) => sha256(sha256(bytes)),
  sha256dInto: (bytes, target, offset) => target.set(sha256(sha256(bytes)), offset),
}

/** JavaScript at first: our WebAssembly is a file of its own, which a page need not wait for. */
export const startSha256: StartSha256 = (takeOver) => {
  import('./wasm-sha256.ts').then(
    ({ createWasmSha256 }) => {
      const better = createWasmSha256(runtimeSha256)
      if (better !== undefined) takeOver(better)
    },
    () => undefined,
  )
  return oneByOne(runtimeSha256)
}

/** Nothing at first: our WebAssembly comes once a filter is matched, to those who match any. */
export const startHashItems: StartHashItems = (takeOver) => {
  import('./wasm-siphash.ts').then(
    ({ createWasmHashItems }) => takeOver(createWasmHashItems()),
    () => undefined,
  )
  return undefined
}
