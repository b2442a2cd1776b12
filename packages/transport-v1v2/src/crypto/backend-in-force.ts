import { startCrypto } from '#crypto'
import type { CryptoBackend, CryptoInForce } from './backend.ts'

let inForce: CryptoInForce | undefined

/**
 * What enciphers here where a program gives no `crypto` of its own: our WebAssembly where the runtime loads
 * it, else the runtime's own (`node:crypto`, or the noble libraries). Its `name` says which. Made when it is
 * first needed, so that importing this package costs nothing. In a page, and wherever else there is no
 * `node:crypto`, it is loaded when it is needed: `connect` and `accept` wait for that, and until it is there
 * the backend throws TransportError `crypto-not-loaded`; see {@link loadCrypto}.
 */
export function cryptoBackend(): CryptoBackend {
  return (inForce ??= startCrypto()).backend
}

/**
 * The same once it is loaded, for those who go on with `createV2Session` or a backend's own methods.
 * @throws TransportError `crypto-not-loaded` where its file does not come; the next call tries again.
 */
export async function loadCrypto(): Promise<CryptoBackend> {
  const backend = cryptoBackend()
  await loadingOf(backend)
  return backend
}

/** Waits until a backend can be used; undefined where it can be now. */
export function loadingOf(backend: CryptoBackend): Promise<void> | undefined {
  return backend === inForce?.backend ? inForce.load?.() : undefined
}
