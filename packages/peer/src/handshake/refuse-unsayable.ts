import { encodePayload, type Message } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { PeerError } from '../contract/peer-error.ts'
import type { PeerOptions } from '../contract/peer-options.ts'
import { ownVersion, versionMessage } from './version-message.ts'

/** What is said of itself, whatever the program's own messages are. */
type SaidOption = 'kind' | 'address' | 'proxied' | 'version' | 'features' | 'feeFilter'

/**
 * What our side says by itself is written once beforehand: what does not fit the wire is the program's
 * mistake, and not to be found out in the middle of a handshake.
 * @throws PeerError `invalid-argument`.
 */
export function refuseUnsayable(options: Pick<PeerOptions, SaidOption>): void {
  const { kind, version, features = [], feeFilter } = options
  try {
    const said: Message[] = [versionMessage(ownVersion(kind, version), options, 0n, 0 as WallTime)]
    for (const [id, data] of features) said.push({ type: 'feature', id, data })
    if (feeFilter !== undefined) said.push({ type: 'feefilter', feeRate: feeFilter })
    for (const message of said) encodePayload(message)
  } catch (cause) {
    throw new PeerError('invalid-argument', `createPeer: options: ${(cause as Error).message}`, { cause })
  }
}
