import { TransportError } from '../errors/transport-error.ts'
import type { CryptoBackend, CryptoInForce } from './backend.ts'

/**
 * Each is a file of its own, of which a page loads one: our WebAssembly, or the noble libraries where its
 * rules forbid that.
 */
async function loadFastest(): Promise<CryptoBackend> {
  const { createPageCrypto } = await import('./page-crypto.ts')
  return createPageCrypto() ?? (await import('./noble-crypto.ts')).nobleCrypto
}

/** What enciphers in a page, loaded when it is first asked for. */
export function startCrypto(): CryptoInForce {
  let loaded: CryptoBackend | undefined
  let loading: Promise<void> | undefined
  const backend = (): CryptoBackend => {
    if (loaded === undefined)
      throw new TransportError('crypto-not-loaded', 'What enciphers is not here yet: wait for `loadCrypto()`')
    return loaded
  }
  const load = async (): Promise<void> => {
    try {
      loaded = await loadFastest()
    } catch (cause) {
      // The next one who needs it tries again.
      loading = undefined
      throw new TransportError('crypto-not-loaded', 'What enciphers could not be loaded', { cause })
    }
  }
  return {
    backend: {
      get name() {
        return loaded?.name ?? 'not loaded'
      },
      sha256: (data) => backend().sha256(data),
      hmacSha256: (key, data) => backend().hmacSha256(key, data),
      chacha20: (key, nonce, block, length) => backend().chacha20(key, nonce, block, length),
      createAead: (key) => backend().createAead(key),
      createSecretKey: (secret) => backend().createSecretKey(secret),
      ellSwiftInverse: (x, u, branch) => backend().ellSwiftInverse(x, u, branch),
    },
    load: () => (loaded === undefined ? (loading ??= load()) : undefined),
  }
}
