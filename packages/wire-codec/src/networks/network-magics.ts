import type { NetworkName } from './network.ts'

/**
 * The four bytes that begin each v1 message, of each of the five networks, in hex: for those who want to know
 * one network from another and have no use for the rest of them ({@link networks}).
 */
export const networkMagics: Readonly<Record<NetworkName, string>> = /* @__PURE__ */ Object.freeze({
  main: 'f9beb4d9',
  testnet3: '0b110907',
  testnet4: '1c163f28',
  signet: '0a03cf40',
  regtest: 'fabfb5da',
})
