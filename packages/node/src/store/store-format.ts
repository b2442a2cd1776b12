import { bytesEqual, concatBytes, type Network } from '@sapwood/wire-codec'
import { NodeError } from '../errors/node-error.ts'
import type { KeyValueNamespace, KeyValueOperation } from './key-value-store.ts'

/** Under which a namespace says what is in it. */
export const FORMAT_KEY = 'format'

/**
 * Holds a namespace against what its owner reads and of which network; writes that into an empty one.
 * @param format Of one byte; raised when what is stored changes its form.
 * @param more Written with the format of a new one.
 * @throws NodeError `store-foreign`
 */
export async function checkStoreFormat(
  space: Pick<KeyValueNamespace, 'get' | 'batch'>,
  { format, network }: { readonly format: number; readonly network: Pick<Network, 'genesisHash'> },
  more: readonly KeyValueOperation[] = [],
): Promise<void> {
  const expected = concatBytes(Uint8Array.of(format), network.genesisHash)
  const found = await space.get(FORMAT_KEY)
  if (found === undefined) {
    await space.batch([{ type: 'put', key: FORMAT_KEY, value: expected }, ...more])
  } else if (!bytesEqual(found, expected)) {
    const detail = found[0] === format ? 'of another network' : 'of another version of this package'
    throw new NodeError('store-foreign', `The store is ${detail}.`, { detail: FORMAT_KEY })
  }
}
