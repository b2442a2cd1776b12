import type { RegtestBitcoind } from '../../src/index.ts'

/** A key that everybody knows: that of node 0 in Bitcoin Core's functional tests. */
const KEY = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW'

/** Output scripts of every form that a wallet of bitcoind can spend. */
const FORMS = [
  `pk(${KEY})`,
  `pkh(${KEY})`,
  `wpkh(${KEY})`,
  `sh(wpkh(${KEY}))`,
  `sh(pk(${KEY}))`,
  `wsh(pkh(${KEY}))`,
  `sh(wsh(pkh(${KEY})))`,
  `multi(1,${KEY})`,
  `sh(multi(1,${KEY}))`,
  `tr(${KEY})`,
]

/** Blocks after which what the first ones made can be spent. */
const MATURE = 101

/**
 * A wallet that has coins of every form of script, `each` of each, ripe to be spent.
 * @returns its RPC name.
 */
export async function mineEveryForm(bitcoind: RegtestBitcoind, each: number): Promise<void> {
  await bitcoind.rpc('createwallet', 'forms')
  const requests = []
  for (const form of FORMS) {
    const { checksum } = await bitcoind.rpc<{ checksum: string }>('getdescriptorinfo', form)
    requests.push({ desc: `${form}#${checksum}`, timestamp: 'now' })
  }
  const imported = await bitcoind.rpc<{ success: boolean }[]>('importdescriptors', requests)
  if (!imported.every(({ success }) => success)) throw new Error(JSON.stringify(imported))
  for (const { desc } of requests) await bitcoind.rpc('generatetodescriptor', each, desc)
  await bitcoind.mine(MATURE)
}

/** Spends all coins of the wallet in one block, to one, which is spent in the same block. */
export async function sweep(bitcoind: RegtestBitcoind): Promise<void> {
  await bitcoind.rpc('sendall', [await bitcoind.rpc<string>('getnewaddress')])
  await bitcoind.rpc('sendtoaddress', await bitcoind.rpc<string>('getnewaddress'), 1)
  await bitcoind.mine(1)
}

/** Some payments a block: they leave many leaves alone, and spend some of those later. */
export async function payAround(bitcoind: RegtestBitcoind, blocks: number): Promise<void> {
  for (let block = 0; block < blocks; block++) {
    for (const amount of [0.1, 0.2, 0.4, 0.8])
      await bitcoind.rpc('sendtoaddress', await bitcoind.rpc<string>('getnewaddress'), amount)
    await bitcoind.mine(1)
  }
}
