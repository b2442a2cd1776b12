import { concatBytes } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { afterwards, fateOf, FIRST, listening } from './case-builders.ts'
import { frameOf } from './v1-frame.ts'
import { core, onMessage, TCP_STREAM } from './places.ts'

const HEADER = core('net.cpp', 'V1Transport::readHeader')
const MESSAGE = core('net.cpp', 'V1Transport::GetReceivedMessage')
const EIGHT = new Uint8Array(8)
const command = (text: string): Uint8Array => {
  const bytes = new Uint8Array(12)
  bytes.set(Array.from(text, (character) => character.charCodeAt(0)))
  return bytes
}

/** Largest payload of a message (Core, `MAX_PROTOCOL_MESSAGE_LENGTH`). */
const MAX_PAYLOAD = 4_000_000

type Send = Parameters<typeof afterwards>[1]

function v1(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  send: Send,
): ListeningCase {
  return afterwards(
    { name: `v1/${name}`, level: 'core', source: { place, says }, transports: ['v1'], accepts },
    send,
  )
}

/** The framing of v1. */
const v1Cases: readonly ListeningCase[] = [
  v1(
    'checksum/wrong-ignored',
    MESSAGE,
    'A message with a wrong checksum is dropped, and ends nothing.',
    ['alive'],
    (peer) => peer.sendRaw('inv', EIGHT, { checksum: 0x1234_5678 }),
  ),
  v1(
    'magic/wrong-refused',
    HEADER,
    'A message that begins with another magic ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('ping', EIGHT, { magic: Uint8Array.of(1, 2, 3, 4) }),
  ),
  v1(
    'magic/mainnet-refused',
    HEADER,
    'A message of another network ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('ping', EIGHT, { magic: Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9) }),
  ),
  v1(
    'length/above-4000000-refused',
    HEADER,
    'A length above 4,000,000 ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('conformtest', EIGHT, { length: MAX_PAYLOAD + 1 }),
  ),
  v1(
    'length/greatest-number-refused',
    HEADER,
    'A length of 2^32 - 1 ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('conformtest', EIGHT, { length: 0xffff_ffff }),
  ),
  v1('length/4000000-taken', HEADER, 'A message of 4,000,000 bytes is read.', ['alive'], (peer) =>
    peer.sendRaw('conformtest', new Uint8Array(MAX_PAYLOAD)),
  ),
  v1(
    'command/bytes-after-zero-ignored',
    MESSAGE,
    'A command with bytes after its zeros is dropped.',
    ['alive'],
    (peer) =>
      peer.sendRaw('ping', EIGHT, { head: Uint8Array.of(...command('ping').subarray(0, 8), 1, 2, 3, 4) }),
  ),
  v1(
    'command/unprintable-ignored',
    MESSAGE,
    'A command of unprintable bytes is dropped.',
    ['alive'],
    (peer) => peer.sendRaw('ping', EIGHT, { head: new Uint8Array(12).fill(0x07) }),
  ),
  v1('command/empty-ignored', MESSAGE, 'A message without a command is dropped.', ['alive'], (peer) =>
    peer.sendRaw('ping', EIGHT, { head: new Uint8Array(12) }),
  ),
  v1('command/twelve-characters', MESSAGE, 'A command may fill its field.', ['alive'], (peer) =>
    peer.sendRaw('conformtests'),
  ),
  listening(
    {
      name: 'v1/stream/one-byte-at-a-time',
      level: 'must',
      source: {
        place: TCP_STREAM,
        says: 'A stream of bytes has no boundaries: however it is cut, it says the same.',
      },
      transports: ['v1'],
      accepts: ['alive'],
    },
    async (stage) => {
      const peer = await stage.dial()
      for (const byte of frameOf('ping', EIGHT)) await peer.sendBytes(Uint8Array.of(byte))
      return await fateOf(peer)
    },
  ),
  listening(
    {
      name: 'v1/stream/many-messages-in-one-write',
      level: 'must',
      source: {
        place: TCP_STREAM,
        says: 'A stream of bytes has no boundaries: however it is cut, it says the same.',
      },
      transports: ['v1'],
      accepts: ['100 answers'],
    },
    async (stage) => {
      const peer = await stage.dial()
      const before = peer.count('pong')
      const frames = Array.from({ length: 100 }, (_, index) =>
        frameOf('ping', Uint8Array.of(index, 9, 9, 9, 9, 9, 9, 9)),
      )
      await peer.sendBytes(concatBytes(...frames))
      await peer.sync()
      return `${peer.count('pong') - before - 1} answers`
    },
  ),
]

/** Commands that are known to somebody and not to be answered, and some that nobody knows. */
const UNKNOWN = [
  ['conformtest', EIGHT],
  ['alert', new Uint8Array(100)],
  ['reject', Uint8Array.of(2, 0x74, 0x78, 0x10, 0)],
  ['checkorder', EIGHT],
  ['submitorder', EIGHT],
  ['reply', EIGHT],
  ['sendpackages', EIGHT],
  ['reqrecon', new Uint8Array(4)],
  ['sketch', new Uint8Array(4)],
  ['reqsketchext', new Uint8Array(0)],
  ['reconcildiff', new Uint8Array(2)],
  ['getuproof', EIGHT],
  ['zzzzzzzzzzzz', EIGHT],
] as const
/** Those of Utreexo: a node that knows them takes a wrong one for no reason to hang up, either. */
const UTREEXO = ['uproof', 'getuttls', 'uttls', 'usummary', 'utreexotx', 'uroot', 'geturoot'].map(
  (name) => [name, EIGHT, '0.4.0'] as const,
)

const unknown: readonly ListeningCase[] = [...UNKNOWN, ...UTREEXO].map(([name, payload, since = FIRST]) =>
  afterwards(
    {
      name: `unknown/${name}-ignored`,
      since,
      level: 'core',
      source: {
        place: onMessage(),
        says: 'Commands that are not known are ignored: they are how the protocol grows.',
      },
      accepts: ['alive'],
    },
    (peer) => peer.sendRaw(name, payload),
  ),
)

const CUT = core('net_processing.cpp', 'ProcessMessages')

/** Messages whose payload ends before they do: Core notes it, and keeps the connection. */
const cut: readonly ListeningCase[] = (
  [
    ['inv', Uint8Array.of(1, 1, 0, 0, 0)],
    ['getdata', Uint8Array.of(1, 1, 0, 0, 0)],
    ['notfound', Uint8Array.of(1, 1, 0, 0, 0)],
    ['getheaders', new Uint8Array(10)],
    ['getblocks', new Uint8Array(10)],
    ['headers', Uint8Array.of(1, 0, 0, 0, 0x20)],
    ['addr', Uint8Array.of(1, 0, 0)],
    ['addrv2', Uint8Array.of(1, 0, 0)],
    ['tx', new Uint8Array(3)],
    ['block', new Uint8Array(79)],
    ['cmpctblock', new Uint8Array(80)],
    ['getblocktxn', new Uint8Array(31)],
    ['blocktxn', new Uint8Array(31)],
    ['feefilter', new Uint8Array(7)],
  ] as const
).map(([name, payload]) =>
  afterwards(
    {
      name: `malformed/${name}/cut-short-ignored`,
      level: 'core',
      source: { place: CUT, says: 'A message that ends before it is over is ignored.' },
      accepts: ['alive'],
    },
    (peer) => peer.sendRaw(name, payload),
  ),
)

/** A count in more bytes than it needs (Core: ReadCompactSize, "non-canonical"). */
const wide: readonly ListeningCase[] = (['inv', 'getdata', 'addr', 'headers'] as const).map((name) =>
  afterwards(
    {
      name: `malformed/${name}/count-not-minimal-ignored`,
      level: 'core',
      source: {
        place: core('serialize.h', 'ReadCompactSize'),
        says: 'A count in more bytes than it needs cannot be read.',
      },
      accepts: ['alive'],
    },
    (peer) => peer.sendRaw(name, Uint8Array.of(0xfd, 0, 0)),
  ),
)

const huge: readonly ListeningCase[] = (['inv', 'headers', 'addr', 'getdata'] as const).map((name) =>
  afterwards(
    {
      name: `malformed/${name}/count-of-2-to-the-64-survived`,
      level: 'must',
      source: {
        place: core('serialize.h', 'ReadCompactSize'),
        says: 'No count that is told makes a node fall over.',
      },
      accepts: ['alive', 'closed'],
    },
    (peer) => peer.sendRaw(name, new Uint8Array(9).fill(0xff)),
  ),
)

/** Framing, commands, and payloads that cannot be read. */
export const framingCases: readonly ListeningCase[] = [...v1Cases, ...unknown, ...cut, ...wide, ...huge]
