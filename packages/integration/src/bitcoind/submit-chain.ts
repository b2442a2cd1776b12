import { bytesToHex } from '@sapwood/wire-codec'
import { IntegrationError } from '../errors/integration-error.ts'
import type { RegtestChain } from '../regtest/regtest-chain.ts'
import { lastLines } from './bitcoind-log.ts'
import type { RegtestBitcoind } from './regtest-bitcoind.ts'

/**
 * Gives bitcoind the blocks of a chain that was made here, from height 1 on or from `from`. Those that it has
 * already do no harm.
 * @throws IntegrationError `check-failed` when it refuses one, with its word for why.
 */
export async function submitChain(
  bitcoind: RegtestBitcoind,
  chain: RegtestChain,
  { from = 1 }: { readonly from?: number } = {},
): Promise<void> {
  for (let height = from; height <= chain.height; height++) {
    const refusal = await bitcoind.rpc<string | null>('submitblock', bytesToHex(chain.at(height)!.bytes))
    // A block of a chain with less work is kept, and not yet looked at any further.
    if (refusal === null || refusal === 'duplicate' || refusal === 'inconclusive') continue
    throw new IntegrationError('check-failed', `bitcoind refuses block ${height}: ${refusal}`, {
      received: refusal,
      ...lastLines(bitcoind.log),
    })
  }
}
