import { mainnet } from './mainnet.ts'
import type { Network, NetworkName } from './network.ts'
import { regtest } from './regtest.ts'
import { signet } from './signet.ts'
import { testnet3 } from './testnet3.ts'
import { testnet4 } from './testnet4.ts'

/** The five networks by name. */
export const networks: Readonly<Record<NetworkName, Network>> = /* @__PURE__ */ Object.freeze({
  main: mainnet,
  testnet3,
  testnet4,
  signet,
  regtest,
})

/** What else the networks are called: by this package's constants, by Core's options and by others. */
const ALIASES: Readonly<Record<string, NetworkName>> = {
  mainnet: 'main',
  bitcoin: 'main',
  test: 'testnet3',
  testnet: 'testnet3',
}

/**
 * The network called `name`: a {@link NetworkName}, or `mainnet`, `bitcoin`, `test` or `testnet`.
 * @throws RangeError when there is none of that name.
 * @example
 * const { defaultPort, magic } = networkByName('regtest')
 * defaultPort // 18444
 * bytesToHex(magic) // 'fabfb5da'
 */
export function networkByName(name: string): Network {
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name
  if (!Object.hasOwn(networks, known)) {
    throw new RangeError(
      `No network is called ${JSON.stringify(name)}: try ${Object.keys(networks).join(', ')}`,
    )
  }
  return networks[known as NetworkName]
}
