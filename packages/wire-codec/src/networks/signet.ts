/**
 * Signet, and networks of one's own like it (BIP325).
 * https://github.com/bitcoin/bips/blob/master/bip-0325.mediawiki
 * @module
 */

import { ByteWriter } from '../bytes/byte-writer.ts'
import { hexToBytes } from '../bytes/hex.ts'
import { blockHashFromHex } from '../bytes/hash-text.ts'
import { MAX_SCRIPT_SIZE } from '../primitives/max-script-size.ts'
import { sha256d } from '../crypto/backend-in-force.ts'
import { genesisHeader } from './genesis.ts'
import type { Network } from './network.ts'
import { networkMagics } from './network-magics.ts'

/** The public signet (BIP325). */
export const signet: Network = /* @__PURE__ */ makeSignet()

function makeSignet(): Network {
  return {
    name: 'signet',
    magic: hexToBytes(networkMagics.signet),
    defaultPort: 38_333,
    genesis: genesisHeader({ time: 1_598_918_400, bits: 0x1e03_77ae, nonce: 52_613_770 }),
    genesisHash: blockHashFromHex('00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6'),
    powLimitBits: 0x1e03_77ae,
    proofOfWork: {
      targetSpacing: 600,
      difficultyAdjustmentInterval: 2_016,
      allowMinDifficultyBlocks: false,
      noRetargeting: false,
      enforceBip94: false,
      minimumChainWork: 0xb463ea0a4b8n,
    },
    activationHeights: { bip34: 1, bip65: 1, bip66: 1, csv: 1, segwit: 1 },
    headersSync: { commitmentPeriod: 620, redownloadBufferSize: 15_724 },
    dnsSeeds: [
      { host: 'seed.signet.bitcoin.sprovoost.nl', serviceFilters: [0x9n] },
      { host: 'seed.signet.achownodes.xyz', serviceFilters: [0x9n] },
    ],
    signetChallenge: hexToBytes(
      '512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be430' +
        '210359ef5021964fe22d6f8e05b2463c9540ce96883fe3b278760f048f5189f2e6c452ae',
    ),
  }
}

/**
 * A signet of one's own: the same first block and rules as the public one, with the magic that BIP325 derives
 * from `challenge` (the first four bytes of the double SHA-256 of the script with its length before it), no
 * seeds and no least work.
 * @param challenge Script that signs blocks, 1 to 10,000 bytes.
 * @throws RangeError when it is empty or longer.
 * @example
 * // OP_TRUE: whoever likes may sign its blocks.
 * bytesToHex(customSignet(hexToBytes('51')).magic) // '54d26fbd'
 */
export function customSignet(challenge: Uint8Array): Network {
  if (challenge.length === 0 || challenge.length > MAX_SCRIPT_SIZE) {
    throw new RangeError(`A signet challenge is 1 to ${MAX_SCRIPT_SIZE} bytes, not ${challenge.length}`)
  }
  return {
    ...signet,
    magic: sha256d(new ByteWriter().varBytes(challenge).finish()).slice(0, 4),
    proofOfWork: { ...signet.proofOfWork, minimumChainWork: 0n },
    dnsSeeds: [],
    signetChallenge: challenge.slice(),
  }
}
