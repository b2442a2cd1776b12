import { requireBcoin } from './install.ts'

/** bcoin's `thresholdStates.ACTIVE`. */
const ACTIVE = 3

type GetState = (this: unknown, previous: unknown, deployment: { readonly name: string }) => Promise<number>

/**
 * Its regtest waits for signals before SegWit is in force; bitcoind has it in force from the start, and so
 * must bcoin.
 */
export function activateSegwit(): void {
  const { prototype } = requireBcoin('lib/blockchain/chain') as { prototype: { getState: GetState } }
  const { getState } = prototype
  if (getState.name === 'withSegwit') return
  prototype.getState = function withSegwit(previous, deployment) {
    return deployment.name === 'segwit' ? Promise.resolve(ACTIVE) : getState.call(this, previous, deployment)
  }
}
