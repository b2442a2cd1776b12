/** Where randomness comes from: cryptographically secure by default, seeded in a simulation. */
export interface Random {
  /** `length` fresh random bytes. */
  bytes(length: number): Uint8Array
}
