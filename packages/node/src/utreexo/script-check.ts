import { isUtreexoError, type SpentOutputs, UtreexoError } from '@sapwood/utreexo'
import { untilAborted } from '@sapwood/transport-v1v2/environment'
import type { Block } from '@sapwood/wire-codec'

/**
 * A script engine of the program's, in this thread or in another: called with each block whose proof holds
 * and the outputs that it spends. It throws, or its promise rejects, for a block whose scripts do not hold.
 */
export type ScriptCheck = (block: Block, height: number, spent: SpentOutputs) => void | PromiseLike<void>

/**
 * What a script engine has against a block. It is not waited for longer than `signal` lets.
 * @throws the signal's reason.
 */
export async function scriptFault(
  check: ScriptCheck,
  { block, height, spent }: { readonly block: Block; readonly height: number; readonly spent: SpentOutputs },
  signal: AbortSignal,
): Promise<UtreexoError | undefined> {
  return await untilAborted(signal, async () => {
    try {
      await check(block, height, spent)
      return undefined
    } catch (error) {
      return isUtreexoError(error) && error.fault === 'block'
        ? error
        : new UtreexoError('script', { cause: error })
    }
  })
}
