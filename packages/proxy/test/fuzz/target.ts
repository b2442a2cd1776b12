/** A fuzz target, as `npm run fuzz` takes it. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly dictionary?: readonly Uint8Array[]
  run(bytes: Uint8Array): string | undefined
}
