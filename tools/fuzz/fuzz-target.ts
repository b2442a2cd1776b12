/** What `test/fuzz/<name>.fuzz.ts` of a package exports by default. See the README. */
export interface FuzzTarget {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly dictionary?: readonly Uint8Array[]
  readonly maxLength?: number
  run(bytes: Uint8Array): string | undefined | Promise<string | undefined>
}

export const DEFAULT_MAX_LENGTH = 4096

/** The target that a file exports. */
export async function loadTarget(url: string): Promise<FuzzTarget> {
  const { default: target } = (await import(url)) as { default?: Partial<FuzzTarget> }
  if (typeof target?.name !== 'string' || !Array.isArray(target.seeds) || typeof target.run !== 'function') {
    throw new TypeError(`${url} has no default export { name, seeds, run }`)
  }
  return target as FuzzTarget
}
