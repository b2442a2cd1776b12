import { blockHashFromHex } from '../bytes/hash-text.ts'
import { hexToBytes } from '../bytes/hex.ts'
import { genesisHeader } from './genesis.ts'
import type { Network } from './network.ts'
import { networkMagics } from './network-magics.ts'

/** A network of one's own, where blocks cost nothing. */
export const regtest: Network = /* @__PURE__ */ makeRegtest()

function makeRegtest(): Network {
  return {
    name: 'regtest',
    magic: hexToBytes(networkMagics.regtest),
    defaultPort: 18_444,
    genesis: genesisHeader({ time: 1_296_688_602, bits: 0x207f_ffff, nonce: 2 }),
    genesisHash: blockHashFromHex('0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'),
    powLimitBits: 0x207f_ffff,
    proofOfWork: {
      targetSpacing: 600,
      // One day instead of two weeks: only BIP94's checks look at it, since the difficulty never changes.
      difficultyAdjustmentInterval: 144,
      allowMinDifficultyBlocks: true,
      noRetargeting: true,
      enforceBip94: false,
      minimumChainWork: 0n,
    },
    activationHeights: { bip34: 1, bip65: 1, bip66: 1, csv: 1, segwit: 0 },
    headersSync: { commitmentPeriod: 275, redownloadBufferSize: 7_017 },
    dnsSeeds: [],
  }
}
