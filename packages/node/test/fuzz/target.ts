/** A fuzz target, as `npm run fuzz` takes it. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly dictionary?: readonly Uint8Array[]
  readonly maxLength?: number
  run(bytes: Uint8Array): Promise<string>
}
