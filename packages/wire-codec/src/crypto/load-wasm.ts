interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => unknown
  readonly Instance: new (module: unknown) => { readonly exports: unknown }
}

/**
 * A WebAssembly module that imports nothing, compiled and started at once.
 * @param base64 Its bytes. @returns what it exports; undefined where the runtime has no WebAssembly, lacks
 * what the module uses (128-bit vectors), or may not compile it (a page whose CSP forbids
 * `wasm-unsafe-eval`).
 */
export function loadWasm(base64: string): unknown {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyLike }
  if (WebAssembly === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  } catch {
    return undefined
  }
}
