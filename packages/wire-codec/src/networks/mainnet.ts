import { blockHashFromHex } from '../bytes/hash-text.ts'
import { hexToBytes } from '../bytes/hex.ts'
import { genesisHeader } from './genesis.ts'
import type { DnsSeed, Network } from './network.ts'
import { networkMagics } from './network-magics.ts'

/**
 * What Core's own seeder can filter by; the seeds of mainnet all run it (Core:
 * contrib/seeds, chainparams.cpp).
 */
const SERVICE_FILTERS: readonly bigint[] = [
  0x1n,
  0x5n,
  0x9n,
  0xdn,
  0x49n,
  0x400n,
  0x404n,
  0x408n,
  0x40cn,
  0x448n,
  0x809n,
  0x849n,
  0xc08n,
  0xc48n,
]

const seed = (host: string): DnsSeed => ({ host, serviceFilters: SERVICE_FILTERS })

/** The Bitcoin network. */
export const mainnet: Network = /* @__PURE__ */ makeMainnet()

function makeMainnet(): Network {
  return {
    name: 'main',
    magic: hexToBytes(networkMagics.main),
    defaultPort: 8333,
    genesis: genesisHeader({ time: 1_231_006_505, bits: 0x1d00_ffff, nonce: 2_083_236_893 }),
    genesisHash: blockHashFromHex('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'),
    powLimitBits: 0x1d00_ffff,
    proofOfWork: {
      targetSpacing: 600,
      difficultyAdjustmentInterval: 2_016,
      allowMinDifficultyBlocks: false,
      noRetargeting: false,
      enforceBip94: false,
      minimumChainWork: 0x1128750f82f4c366153a3a030n,
    },
    activationHeights: { bip34: 227_931, bip65: 388_381, bip66: 363_725, csv: 419_328, segwit: 481_824 },
    headersSync: { commitmentPeriod: 641, redownloadBufferSize: 15_218 },
    dnsSeeds: [
      seed('dnsseed.bluematt.me'),
      seed('seed.bitcoin.jonasschnelli.ch'),
      seed('seed.btc.petertodd.net'),
      seed('seed.bitcoin.sprovoost.nl'),
      seed('dnsseed.emzy.de'),
      seed('seed.bitcoin.wiz.biz'),
      seed('seed.mainnet.achownodes.xyz'),
    ],
  }
}
