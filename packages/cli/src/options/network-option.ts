import { networkByName, networks, type Network } from '@sapwood/wire-codec'
import { InvalidArgumentError } from 'commander'

/** Bitcoin Core's short names of networks (`-chain=`). */
const CORE_NAMES: Readonly<Record<string, string>> = { test: 'testnet3', testnet: 'testnet3' }

/** What `--network` takes. */
const NETWORK_NAMES: readonly string[] = Object.keys(networks)

/** The network of this name. */
export function networkOption(name: string): Network {
  const known = CORE_NAMES[name] ?? name
  if (!NETWORK_NAMES.includes(known)) {
    throw new InvalidArgumentError(`Known are ${NETWORK_NAMES.join(', ')}.`)
  }
  return networkByName(known)
}
