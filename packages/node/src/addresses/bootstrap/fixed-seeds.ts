import { type NetworkAddress, type NetworkName, parsePeerAddress } from '@sapwood/wire-codec'

/**
 * The addresses in this package: long-lived nodes of each network, taken over from Bitcoin Core's
 * `contrib/seeds`. The last resort, read only when it is needed.
 */
export async function loadFixedSeeds(network: NetworkName): Promise<NetworkAddress[]> {
  const texts = await seedTexts(network)
  const addresses: NetworkAddress[] = []
  for (const text of texts) {
    const address = parsePeerAddress(text, { defaultPort: 0 })
    if (address.network !== 'name') addresses.push(address)
  }
  return addresses
}

async function seedTexts(network: NetworkName): Promise<readonly string[]> {
  switch (network) {
    case 'main':
      return (await import('./data/main.ts')).mainSeeds
    case 'testnet3':
      return (await import('./data/testnet3.ts')).testnet3Seeds
    case 'testnet4':
      return (await import('./data/testnet4.ts')).testnet4Seeds
    case 'signet':
      return (await import('./data/signet.ts')).signetSeeds
    case 'regtest':
      return []
  }
}
