/** What `npm run fuzz` takes: see tools/fuzz/README.md. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly maxLength?: number
  run(bytes: Uint8Array): string | undefined
}
