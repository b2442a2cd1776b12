import { blockHashFromHex } from '../bytes/hash-text.ts'
import { hexToBytes } from '../bytes/hex.ts'
import { genesisHeader } from './genesis.ts'
import type { Network } from './network.ts'
import { networkMagics } from './network-magics.ts'

/** The third public test network. */
export const testnet3: Network = /* @__PURE__ */ makeTestnet3()

function makeTestnet3(): Network {
  return {
    name: 'testnet3',
    magic: hexToBytes(networkMagics.testnet3),
    defaultPort: 18_333,
    genesis: genesisHeader({ time: 1_296_688_602, bits: 0x1d00_ffff, nonce: 414_098_458 }),
    genesisHash: blockHashFromHex('000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943'),
    powLimitBits: 0x1d00_ffff,
    proofOfWork: {
      targetSpacing: 600,
      difficultyAdjustmentInterval: 2_016,
      allowMinDifficultyBlocks: true,
      noRetargeting: false,
      enforceBip94: false,
      minimumChainWork: 0x17dde1c649f3708d14b6n,
    },
    activationHeights: { bip34: 21_111, bip65: 581_885, bip66: 330_776, csv: 770_112, segwit: 834_624 },
    headersSync: { commitmentPeriod: 673, redownloadBufferSize: 14_460 },
    dnsSeeds: [
      { host: 'testnet-seed.bitcoin.jonasschnelli.ch', serviceFilters: [0x9n] },
      { host: 'seed.tbtc.petertodd.net', serviceFilters: [0x9n] },
      { host: 'seed.testnet.bitcoin.sprovoost.nl', serviceFilters: [0x9n] },
      { host: 'testnet-seed.bluematt.me', serviceFilters: [] },
      { host: 'seed.testnet.achownodes.xyz', serviceFilters: [0x9n] },
    ],
  }
}
