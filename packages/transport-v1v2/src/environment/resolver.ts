import type { NetworkAddress } from '@sapwood/wire-codec'

/** Turns a DNS name into addresses. Nothing in these packages resolves a name in any other way. */
export interface Resolver {
  resolve(host: string, options: { readonly signal: AbortSignal }): Promise<readonly NetworkAddress[]>
}
