import {
  type BasicFilter,
  type Block,
  blockHash,
  bytesToHex,
  OP_RETURN,
  openBasicFilter,
} from '@sapwood/wire-codec'

/**
 * What shows that a filter is not that of its block, as far as the block alone can show it: the scripts that
 * it spends from are not in it, so a filter that leaves out one of those, or holds one too many of them,
 * passes.
 * @returns undefined where nothing does.
 */
export function filterFault(bytes: Uint8Array, block: Block): string | undefined {
  let filter: BasicFilter
  try {
    filter = openBasicFilter(bytes, blockHash(block.header))
  } catch {
    return 'not a filter'
  }
  const scripts = paidScripts(block)
  for (const script of scripts.values())
    if (!filter.matchOne(script)) return 'lacks a script that the block pays to'
  if (filter.count > scripts.size + spentOutputs(block)) return 'more scripts than the block has'
  return undefined
}

function paidScripts({ transactions }: Block): ReadonlyMap<string, Uint8Array> {
  const scripts = new Map<string, Uint8Array>()
  for (const { outputs } of transactions) {
    for (const { scriptPubKey } of outputs) {
      if (scriptPubKey.length > 0 && scriptPubKey[0] !== OP_RETURN)
        scripts.set(bytesToHex(scriptPubKey), scriptPubKey)
    }
  }
  return scripts
}

/** Outputs that the block spends: all its inputs but the coinbase's. */
function spentOutputs({ transactions }: Block): number {
  return transactions.slice(1).reduce((count, { inputs }) => count + inputs.length, 0)
}
