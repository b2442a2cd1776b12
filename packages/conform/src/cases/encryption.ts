import { concatBytes, encodePayload } from '@sapwood/wire-codec'
import type { TestPeer, TransportHandshake } from '@sapwood/integration/test-peer'
import type { ListeningCase } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { afterwards, fateOf, listening } from './case-builders.ts'
import { bip, core, onMessage, places, TCP_STREAM } from './places.ts'

/** What is sent, and in which order. */
const OVERVIEW = bip(324, 'Overview and design')
/** How the bytes up to the terminator are read. */
const HANDSHAKE = bip(324, 'Overall handshake pseudocode')
/** How a packet is opened. */
const PACKETS = bip(324, 'Overall packet encryption and decryption pseudocode')
/** What is in a packet. */
const CONTENTS = bip(324, 'v2 Bitcoin P2P message structure')
/** What Core takes for contents. */
const CORE_CONTENTS = core('net.cpp', 'V2Transport::GetMessageType')
const CORE_PACKETS = core('net.cpp', 'V2Transport::ProcessReceivedPacketBytes')
const NOTHING = new Uint8Array(0)
/** Most garbage that there may be (BIP324, MAX_GARBAGE_LEN). */
const MAX_GARBAGE = 4_095

interface V2Facts {
  readonly name: string
  readonly says: string
  readonly accepts: readonly string[]
  readonly level?: ListeningCase['level']
  readonly place: string
}

function v2(facts: V2Facts, run: (stage: ListeningStage) => Promise<string>): ListeningCase {
  const { name, says, accepts, level = 'must', place } = facts
  return listening(
    { name: `bip324/${name}`, level, source: { place, says }, transports: ['v2'], accepts },
    run,
  )
}

/** A handshake of v2 that is unusual, and has to come about. */
function shaken(name: string, says: string, handshake: TransportHandshake): ListeningCase {
  return v2({ name: `handshake/${name}`, place: OVERVIEW, says, accepts: ['alive'] }, async (stage) =>
    fateOf(await stage.dial(handshake)),
  )
}

/** The first part of a handshake, up to where our terminator would go. */
async function halfway(stage: ListeningStage, garbage: Uint8Array = NOTHING): Promise<TestPeer> {
  const peer = await stage.dial({ handshake: 'none' })
  await peer.sendBytes(concatBytes(peer.v2.key, garbage), 'key')
  await peer.expectTransport('agreed')
  return peer
}

async function endOf(peer: TestPeer): Promise<string> {
  await peer.expectClosed()
  return 'closed'
}

const handshakes: readonly ListeningCase[] = [
  shaken('garbage-none-accepted', 'Garbage may be empty.', {}),
  shaken('garbage-1-accepted', 'Garbage of any length up to 4,095 is accepted.', {
    garbage: Uint8Array.of(7),
  }),
  shaken('garbage-4095-accepted', 'Garbage of any length up to 4,095 is accepted.', {
    garbage: new Uint8Array(MAX_GARBAGE).fill(0xa5),
  }),
  shaken('garbage-of-zeros-accepted', 'Garbage may be any bytes.', { garbage: new Uint8Array(1_000) }),
  shaken('decoy-before-version-packet', 'Decoys may come before the version packet.', { decoys: [0] }),
  shaken('decoys-after-garbage', 'The first packet, be it a decoy, authenticates the garbage.', {
    garbage: new Uint8Array(300).fill(3),
    decoys: [10, 0, 5_000],
  }),
  shaken(
    'version-packet-with-contents',
    'The contents of a version packet are for the future, and are ignored.',
    {
      versionContents: new Uint8Array(200).fill(9),
    },
  ),
  v2(
    {
      name: 'handshake/garbage-4096-refused',
      place: HANDSHAKE,
      says: 'Without a terminator within 4,111 bytes the connection ends.',
      accepts: ['closed'],
    },
    async (stage) => {
      const peer = await halfway(stage, new Uint8Array(MAX_GARBAGE + 1).fill(1))
      await peer.sendBytes(concatBytes(peer.v2.terminator, new Uint8Array(64)), 'terminator')
      return await endOf(peer)
    },
  ),
  v2(
    {
      name: 'handshake/terminator-wrong-refused',
      place: HANDSHAKE,
      says: 'Without a terminator within 4,111 bytes the connection ends.',
      accepts: ['closed'],
    },
    async (stage) => {
      const peer = await halfway(stage)
      await peer.sendBytes(new Uint8Array(MAX_GARBAGE + 16).fill(0x42), 'garbage')
      return await endOf(peer)
    },
  ),
  v2(
    {
      name: 'handshake/garbage-not-authenticated-refused',
      place: HANDSHAKE,
      says: 'The first packet authenticates the garbage.',
      accepts: ['closed'],
    },
    async (stage) => {
      const peer = await halfway(stage, new Uint8Array(50).fill(1))
      await peer.sendBytes(concatBytes(peer.v2.terminator, peer.v2.seal(NOTHING)), 'version packet')
      return await endOf(peer)
    },
  ),
  v2(
    {
      name: 'handshake/version-packet-forged-refused',
      place: PACKETS,
      says: 'A packet that cannot be authenticated ends the connection.',
      accepts: ['closed'],
    },
    async (stage) => {
      const peer = await halfway(stage)
      await peer.sendBytes(
        concatBytes(peer.v2.terminator, peer.v2.seal(NOTHING, { forged: true })),
        'version packet',
      )
      return await endOf(peer)
    },
  ),
  v2(
    {
      name: 'handshake/key-one-byte-at-a-time',
      place: HANDSHAKE,
      says: 'However the stream is cut, it says the same.',
      accepts: ['agreed'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'none' })
      for (const byte of peer.v2.key) await peer.sendBytes(Uint8Array.of(byte), 'key byte')
      await peer.expectTransport('agreed')
      return 'agreed'
    },
  ),
  v2(
    {
      name: 'handshake/answers-a-key-before-the-terminator',
      place: OVERVIEW,
      says: 'The responder sends its key as soon as it knows that v2 is spoken.',
      accepts: ['agreed'],
    },
    async (stage) => {
      await halfway(stage)
      return 'agreed'
    },
  ),
  v2(
    {
      name: 'handshake/its-garbage-at-most-4095',
      place: OVERVIEW,
      says: 'A side sends 4,095 bytes of garbage at the most.',
      accepts: ['within'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      const garbage = peer.log.entries.find(({ type }) => type === 'garbage')
      return garbage === undefined ? 'no terminator' : 'within'
    },
  ),
  v2(
    {
      name: 'handshake/session-differs-by-connection',
      place: bip(324, 'Keys and session ID derivation'),
      says: 'Keys are made for each connection.',
      accepts: ['differs'],
    },
    async (stage) => {
      const [one, other] = [await stage.dial(), await stage.dial()]
      return one.v2.sessionId.every((byte, index) => byte === other.v2.sessionId[index])
        ? 'is the same'
        : 'differs'
    },
  ),
  v2(
    {
      name: 'fallback/v1-spoken-on-the-same-port',
      place: OVERVIEW,
      says: 'Who begins with the v1 prefix is spoken v1 to.',
      accepts: ['alive'],
    },
    async (stage) => fateOf(await stage.dial({ transport: 'v1' })),
  ),
  v2(
    {
      name: 'fallback/v1-of-another-network-refused',
      place: core('net.cpp', 'V2Transport::ProcessReceivedKeyBytes'),
      level: 'core',
      says: 'A version of v1 with the magic of another network ends the connection.',
      accepts: ['closed'],
    },
    async (stage) => {
      const peer = await stage.dial({ transport: 'v1', handshake: 'none' })
      const { payload } = encodePayload({ type: 'ping', nonce: 1n })
      await peer.sendRaw('version', concatBytes(payload, new Uint8Array(100)), {
        magic: Uint8Array.of(0xf9, 0xbe, 0xb4, 0xd9),
      })
      return await endOf(peer)
    },
  ),
]

type Send = (peer: TestPeer) => Promise<void>

/** Something that is sent in packets, and what becomes of the connection. */
function packets(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  send: Send,
  level: ListeningCase['level'] = 'must',
): ListeningCase {
  const facts = {
    name: `bip324/${name}`,
    level,
    source: { place, says },
    transports: ['v2'],
    accepts,
  } as const
  return afterwards(facts, send)
}

const PING = Uint8Array.of(18, 1, 2, 3, 4, 5, 6, 7, 8)

const inPackets: readonly ListeningCase[] = [
  packets('packets/decoy-ignored', PACKETS, 'A decoy is ignored.', ['alive'], (peer) => peer.sendDecoy()),
  packets(
    'packets/decoy-large-ignored',
    PACKETS,
    'A decoy is ignored, whatever its size.',
    ['alive'],
    (peer) => peer.sendDecoy(100_000),
  ),
  packets(
    'packets/decoys-1000-ignored',
    PACKETS,
    'Any number of decoys is ignored.',
    ['alive'],
    async (peer) => {
      for (let index = 0; index < 1_000; index++) await peer.sendDecoy(index % 50)
    },
  ),
  packets(
    'packets/decoy-of-a-message-ignored',
    PACKETS,
    'The contents of a decoy are not looked at.',
    ['alive'],
    (peer) => peer.sendPacket(concatBytes(Uint8Array.of(14), new Uint8Array(9).fill(0xff)), { decoy: true }),
  ),
  packets(
    'packets/reserved-header-bits-ignored',
    OVERVIEW,
    'The lower seven bits of a header are ignored.',
    ['alive'],
    (peer) => peer.sendPacket(PING, { header: 0x7f }),
  ),
  packets(
    'packets/forged-refused',
    PACKETS,
    'A packet that cannot be authenticated ends the connection.',
    ['closed'],
    (peer) => peer.sendPacket(PING, { forged: true }),
  ),
  packets(
    'packets/forged-decoy-refused',
    PACKETS,
    'A decoy has to be authenticated too.',
    ['closed'],
    (peer) => peer.sendPacket(PING, { decoy: true, forged: true }),
  ),
  packets(
    'packets/wrong-aad-refused',
    PACKETS,
    'Packets after the first authenticate nothing besides.',
    ['closed'],
    (peer) => peer.sendPacket(PING, { aad: Uint8Array.of(1) }),
  ),
  packets(
    'packets/length-above-limit-refused',
    CORE_PACKETS,
    'A length that no message can have ends the connection.',
    ['closed'],
    (peer) => peer.sendPacket(PING, { length: 0xff_ffff }),
    'core',
  ),
  packets(
    'contents/empty-ignored',
    CORE_CONTENTS,
    'Contents without anything in them are no message.',
    ['alive'],
    (peer) => peer.sendPacket(NOTHING),
    'core',
  ),
  packets(
    'contents/short-id-unknown-ignored',
    CORE_CONTENTS,
    'A message of an id that is not known is ignored.',
    ['alive'],
    (peer) => peer.sendPacket(Uint8Array.of(255, 1, 2, 3)),
    'core',
  ),
  packets(
    'contents/short-id-reserved-ignored',
    CORE_CONTENTS,
    'A message of an id that is not known is ignored.',
    ['alive'],
    (peer) => peer.sendPacket(Uint8Array.of(29, 1, 2, 3)),
    'core',
  ),
  packets(
    'contents/command-cut-short-ignored',
    CORE_CONTENTS,
    'A long command has 12 bytes.',
    ['alive'],
    (peer) => peer.sendPacket(Uint8Array.of(0, 0x70, 0x69)),
    'core',
  ),
  packets(
    'contents/command-bytes-after-zero-ignored',
    CORE_CONTENTS,
    'After its zeros a command has nothing.',
    ['alive'],
    (peer) => peer.sendPacket(Uint8Array.of(0, 0x70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    'core',
  ),
  packets(
    'contents/unknown-long-command-ignored',
    places(CONTENTS, onMessage()),
    'A command that is not known is ignored.',
    ['alive'],
    (peer) => peer.sendRaw('conformtest', new Uint8Array(20)),
  ),
  packets(
    'contents/4000000-taken',
    CORE_PACKETS,
    'A message of 4,000,000 bytes is read.',
    ['alive'],
    (peer) => peer.sendRaw('conformtest', new Uint8Array(4_000_000)),
    'core',
  ),
  listening(
    {
      name: 'bip324/contents/long-command-of-a-short-id-answered',
      level: 'must',
      source: {
        place: CONTENTS,
        says: 'A message may name its command in full although there is an id for it.',
      },
      transports: ['v2'],
      accepts: ['answered'],
    },
    async (stage) => {
      const peer = await stage.dial()
      await peer.sendRaw('ping', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), { longCommand: true })
      await peer.expect('pong', ({ nonce }) => nonce === 9n)
      return 'answered'
    },
  ),
  listening(
    {
      name: 'bip324/packets/keys-change-every-224',
      level: 'must',
      source: {
        place: bip(324, 'Rekeying wrappers: FSChaCha20Poly1305 and FSChaCha20'),
        says: 'Each direction changes its key after 224 packets.',
      },
      transports: ['v2'],
      accepts: ['alive'],
    },
    async (stage) => {
      const peer = await stage.dial()
      for (let index = 0; index < 700; index++) await peer.send({ type: 'ping', nonce: BigInt(index) })
      return await fateOf(peer)
    },
  ),
  listening(
    {
      name: 'bip324/packets/one-byte-at-a-time',
      level: 'must',
      source: {
        place: TCP_STREAM,
        says: 'A stream of bytes has no boundaries: however it is cut, it says the same.',
      },
      transports: ['v2'],
      accepts: ['alive'],
    },
    async (stage) => {
      const peer = await stage.dial()
      for (const byte of peer.v2.seal(PING)) await peer.sendBytes(Uint8Array.of(byte), 'packet byte')
      return await fateOf(peer)
    },
  ),
]

/** BIP324: the encrypted transport. */
export const encryptionCases: readonly ListeningCase[] = [...handshakes, ...inPackets]
