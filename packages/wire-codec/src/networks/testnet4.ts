import { blockHashFromHex } from '../bytes/hash-text.ts'
import { hexToBytes } from '../bytes/hex.ts'
import { genesisHeader } from './genesis.ts'
import type { Network } from './network.ts'
import { networkMagics } from './network-magics.ts'

/** The fourth public test network (BIP94). */
export const testnet4: Network = /* @__PURE__ */ makeTestnet4()

function makeTestnet4(): Network {
  return {
    name: 'testnet4',
    magic: hexToBytes(networkMagics.testnet4),
    defaultPort: 48_333,
    genesis: genesisHeader({
      time: 1_714_777_860,
      bits: 0x1d00_ffff,
      nonce: 393_743_547,
      merkleRoot: '7aa0a7ae1e223414cb807e40cd57e667b718e42aaf9306db9102fe28912b7b4e',
    }),
    genesisHash: blockHashFromHex('00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043'),
    powLimitBits: 0x1d00_ffff,
    proofOfWork: {
      targetSpacing: 600,
      difficultyAdjustmentInterval: 2_016,
      allowMinDifficultyBlocks: true,
      noRetargeting: false,
      enforceBip94: true,
      minimumChainWork: 0x9a0fe15d0177d086304n,
    },
    activationHeights: { bip34: 1, bip65: 1, bip66: 1, csv: 1, segwit: 1 },
    headersSync: { commitmentPeriod: 606, redownloadBufferSize: 16_092 },
    dnsSeeds: [
      { host: 'seed.testnet4.bitcoin.sprovoost.nl', serviceFilters: [0x9n] },
      { host: 'seed.testnet4.wiz.biz', serviceFilters: [0x9n] },
    ],
  }
}
