import type { NetworkName } from '@sapwood/wire-codec'

/** Core's folder of each chain below `-datadir`, its section of the file, its port of JSON-RPC. */
export const CHAINS: Readonly<
  Record<NetworkName, { readonly folder: string; readonly section: string; readonly rpcPort: number }>
> = {
  main: { folder: '', section: 'main', rpcPort: 8332 },
  testnet3: { folder: 'testnet3', section: 'test', rpcPort: 18332 },
  testnet4: { folder: 'testnet4', section: 'testnet4', rpcPort: 48332 },
  signet: { folder: 'signet', section: 'signet', rpcPort: 38332 },
  regtest: { folder: 'regtest', section: 'regtest', rpcPort: 18443 },
}
