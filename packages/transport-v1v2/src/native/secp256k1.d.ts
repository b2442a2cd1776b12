/** What is used of `secp256k1`, which brings no declarations. */
declare module 'secp256k1' {
  const secp256k1: {
    privateKeyVerify(secret: Uint8Array): boolean
    publicKeyCreate(secret: Uint8Array, compressed: boolean): Uint8Array
    /** `hashfn` makes the result of the shared point's coordinates. */
    ecdh(
      publicKey: Uint8Array,
      secret: Uint8Array,
      options: { readonly hashfn: (x: Uint8Array, y: Uint8Array) => Uint8Array },
      output: Uint8Array,
    ): Uint8Array
  }
  export default secp256k1
}
