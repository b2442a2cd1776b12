import { ByteWriter } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { afterwards, fateOf, listening } from './case-builders.ts'
import { bip, onMessage, places } from './places.ts'

/** The version of the suite that these came with. */
const SINCE = '0.3.0'
const SOURCE = {
  place: places(bip(61, 'Compatibility'), onMessage()),
  says: 'A reject is read by nobody any more, and ends nothing.',
} as const

const HASH = new Uint8Array(32).fill(0x61)
const NOTHING = new Uint8Array(0)

/** The payload of a `reject`. @param hash of what was refused, where it has one. */
function rejectOf(command: string, code: number, reason: string, hash: Uint8Array = NOTHING): Uint8Array {
  const text = new TextEncoder()
  return new ByteWriter(100)
    .varBytes(text.encode(command))
    .u8(code)
    .varBytes(text.encode(reason))
    .bytes(hash)
    .finish()
}

const OF_A_VERSION = rejectOf('version', 0x11, 'obsolete')
const OF: readonly (readonly [name: string, payload: Uint8Array])[] = [
  ['of-a-transaction', rejectOf('tx', 0x42, 'insufficient fee', HASH)],
  ['of-a-block', rejectOf('block', 0x10, 'bad-txns', HASH)],
  ['of-a-version', OF_A_VERSION],
  ['with-a-code-of-nobody', rejectOf('ping', 0xff, '')],
]

/** BIP61: a message that was taken out of the protocol's software again, and still comes. */
export const rejectCases: readonly ListeningCase[] = [
  ...OF.map(([name, payload]) =>
    afterwards(
      {
        name: `bip61/reject/${name}-ignored`,
        since: SINCE,
        level: 'core',
        source: SOURCE,
        accepts: ['alive'],
      },
      (peer) => peer.sendRaw('reject', payload),
    ),
  ),
  listening(
    {
      name: 'bip61/reject/before-verack-ignored',
      since: SINCE,
      level: 'core',
      source: SOURCE,
      accepts: ['alive'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendVersion()
      await peer.sendRaw('reject', OF_A_VERSION)
      await peer.send({ type: 'verack' })
      return await fateOf(peer)
    },
  ),
  listening(
    {
      name: 'bip61/offer/of-a-transaction-without-outputs',
      since: SINCE,
      level: 'info',
      source: {
        place: bip(61, 'reject'),
        says: 'Whether a transaction that cannot be taken is answered with a reject: Core has done so until 0.20.',
      },
      accepts: [],
    },
    async (stage) => {
      const peer = await stage.dial()
      await peer.sendRaw(
        'tx',
        Uint8Array.of(2, 0, 0, 0, 1, ...new Uint8Array(36).fill(1), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      )
      await peer.fate()
      return peer.count('reject') > 0 ? 'said' : 'not said'
    },
  ),
]
