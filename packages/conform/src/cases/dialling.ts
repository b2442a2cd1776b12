import { concatBytes, type Message } from '@sapwood/wire-codec'
import { listPayload, reply, type TestPeer, type TransportHandshake } from '@sapwood/integration/test-peer'
import type { DiallingCase, Level } from '../model/conform-case.ts'
import type { Transport } from '../model/transport.ts'
import type { DiallingStage } from '../model/stage.ts'
import { fateOf as fateOfConnection, FIRST } from './case-builders.ts'
import { frameOf } from './v1-frame.ts'
import { bip, core, onMessage, places, TCP_STREAM, wiki } from './places.ts'

interface Facts {
  readonly level?: Level
  readonly place: string
  readonly transports?: readonly Transport[]
}

function dialling(
  name: string,
  says: string,
  accepts: readonly string[],
  run: (stage: DiallingStage) => Promise<string>,
  { level = 'core', place, ...rest }: Facts,
): DiallingCase {
  return {
    name: `dials/${name}`,
    side: 'dials',
    level,
    since: FIRST,
    source: { place, says },
    accepts,
    ...rest,
    run,
  }
}

/** What becomes of the connection, and of the program: it may hang up, and has to live. */
async function fateOf(peer: TestPeer, stage: DiallingStage): Promise<string> {
  if ((await fateOfConnection(peer)) === 'alive') return 'alive'
  return (await stage.survives()) ? 'closed' : 'program ended'
}

/** Something that is sent to software that has dialled us, and what becomes of that. */
function afterwards(
  name: string,
  says: string,
  accepts: readonly string[],
  send: (peer: TestPeer, stage: DiallingStage) => Promise<void>,
  facts: Facts,
): DiallingCase {
  return dialling(
    name,
    says,
    accepts,
    async (stage) => {
      const peer = await stage.accept()
      await send(peer, stage)
      return await fateOf(peer, stage)
    },
    facts,
  )
}

const MUST: Facts = { level: 'must', place: wiki('version') }
/** What cannot be read is noted, and the next message is: a stranger has nobody's program in his hands. */
const SURVIVAL: Facts = { level: 'must', place: core('net_processing.cpp', 'ProcessMessages') }
/** The end of a connection is that of a peer. */
const SURVIVED_END: Facts = { level: 'must', place: core('net.cpp', 'CConnman::SocketHandlerConnected') }

/** Whether something holds of the `version` that the software begins with. */
function ofVersion(
  name: string,
  says: string,
  holds: (version: NonNullable<TestPeer['version']>) => boolean,
  facts: Facts = MUST,
): DiallingCase {
  return dialling(
    `version/${name}`,
    says,
    ['holds'],
    async (stage) => {
      const peer = await stage.accept()
      return peer.version !== undefined && holds(peer.version) ? 'holds' : 'does not hold'
    },
    facts,
  )
}

const versions: readonly DiallingCase[] = [
  dialling(
    'version/first-of-all',
    'Who dials sends its version first, unasked.',
    ['version'],
    async (stage) => {
      const peer = await stage.accept({ handshake: 'transport' })
      await peer.expect('version')
      return (
        peer.log.entries.find(({ direction, message }) => direction === 'received' && message !== undefined)
          ?.type ?? ''
      )
    },
    MUST,
  ),
  dialling(
    'version/no-verack-before-ours',
    'A verack answers a version, and none comes before it.',
    ['waits'],
    async (stage) => {
      const peer = await stage.accept({ handshake: 'transport' })
      await peer.expect('version')
      if (peer.count('verack') > 0) return 'verack first'
      await peer.sendVersion()
      await peer.expect('verack')
      return 'waits'
    },
    MUST,
  ),
  dialling(
    'handshake/comes-about',
    'A version and a verack of each side make a connection.',
    ['alive'],
    async (stage) => fateOf(await stage.accept(), stage),
    MUST,
  ),
  ofVersion(
    'user-agent-within-256',
    'A user agent has 256 bytes at the most.',
    ({ userAgent }) => userAgent.length <= 256,
    { place: core('net.h', 'MAX_SUBVERSION_LENGTH') },
  ),
  ofVersion('nonce-not-zero', 'The nonce is random.', ({ nonce }) => nonce !== 0n),
  ofVersion(
    'protocol-at-least-31800',
    'The protocol version is one that is spoken.',
    ({ version }) => version >= 31_800,
    { place: core('node/protocol_version.h', 'MIN_PEER_PROTO_VERSION') },
  ),
  ofVersion(
    'time-of-the-present',
    'The time is that of the present, within a day.',
    ({ time }) => time > 1_600_000_000,
  ),
  dialling(
    'version/nonce-differs-by-connection',
    'The nonce is new for each connection.',
    ['differs'],
    async (stage) => {
      const one = await stage.accept()
      await one.end()
      await one.close()
      const other = await stage.accept()
      return one.version?.nonce === other.version?.nonce ? 'is the same' : 'differs'
    },
    { level: 'should', place: wiki('version') },
  ),
  dialling(
    'version/obsolete-refused',
    'A peer below protocol version 31,800 is hung up on.',
    ['closed'],
    async (stage) => {
      const peer = await stage.accept({ handshake: 'transport' })
      await peer.sendVersion({ version: 31_799 })
      await peer.expectClosed()
      return 'closed'
    },
    { place: onMessage('version') },
  ),
  ...(['wtxidrelay', 'sendaddrv2'] as const).map((type) =>
    dialling(
      `handshake/${type}-before-verack`,
      `${type} is sent before the verack, where it is.`,
      ['before verack', 'not said'],
      async (stage) => {
        const peer = await stage.accept()
        await peer.fate()
        const at = (wanted: string): number =>
          peer.log.entries.findIndex(
            ({ direction, type: said }) => direction === 'received' && said === wanted,
          )
        if (at(type) === -1) return 'not said'
        return at(type) < at('verack') ? 'before verack' : 'after verack'
      },
      {
        level: 'must',
        place:
          type === 'wtxidrelay' ? bip(339, 'Specification') : bip(155, 'Signaling support and compatibility'),
      },
    ),
  ),
  dialling(
    'handshake/messages-before-verack-survived',
    'Messages before the verack end nothing.',
    ['alive'],
    async (stage) => {
      const peer = await stage.accept({ handshake: 'transport' })
      await peer.sendVersion()
      await peer.send({ type: 'ping', nonce: 1n }, { type: 'sendheaders' }, { type: 'verack' })
      return await fateOf(peer, stage)
    },
    { place: onMessage() },
  ),
]

const SURVIVES = ['alive', 'closed']
const NOTHING = new Uint8Array(0)

/** What nobody may send: hanging up is right, going on may be, falling over is not. */
const spoilt: readonly DiallingCase[] = (
  [
    ['inv-50001', 'inv', listPayload(50_001, new Uint8Array(36))],
    ['inv-count-of-2-to-the-64', 'inv', new Uint8Array(9).fill(0xff)],
    ['headers-2001', 'headers', listPayload(2_001, new Uint8Array(81))],
    ['headers-count-of-2-to-the-64', 'headers', new Uint8Array(9).fill(0xff)],
    ['headers-cut-short', 'headers', Uint8Array.of(1, 0, 0, 0)],
    ['addr-1001', 'addr', listPayload(1_001, new Uint8Array(30))],
    ['addr-cut-short', 'addr', Uint8Array.of(1, 0)],
    ['addrv2-unknown-network', 'addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 3, 1, 2, 3, 0, 1)],
    ['addrv2-1001', 'addrv2', listPayload(1_001, Uint8Array.of(0, 0, 0, 0, 0, 1, 4, 203, 0, 113, 1, 0, 1))],
    ['block-empty', 'block', NOTHING],
    ['block-cut-short', 'block', new Uint8Array(79)],
    ['block-count-of-2-to-the-64', 'block', concatBytes(new Uint8Array(80), new Uint8Array(9).fill(0xff))],
    ['tx-empty', 'tx', NOTHING],
    ['tx-cut-short', 'tx', new Uint8Array(10)],
    ['cmpctblock-cut-short', 'cmpctblock', new Uint8Array(80)],
    ['cfilter-unasked', 'cfilter', new Uint8Array(34)],
    ['cfheaders-unasked', 'cfheaders', new Uint8Array(66)],
    ['merkleblock-unasked', 'merkleblock', new Uint8Array(86)],
    ['notfound-unasked', 'notfound', listPayload(1, new Uint8Array(36))],
    ['getdata-50001', 'getdata', listPayload(50_001, new Uint8Array(36))],
    [
      'getheaders-102',
      'getheaders',
      concatBytes(new Uint8Array(4), listPayload(102, new Uint8Array(32)), new Uint8Array(32)),
    ],
    ['ping-cut-short', 'ping', new Uint8Array(3)],
    ['pong-unasked', 'pong', new Uint8Array(8)],
    ['feefilter-cut-short', 'feefilter', new Uint8Array(7)],
    ['reject', 'reject', Uint8Array.of(2, 0x74, 0x78, 0x10, 0)],
    ['alert', 'alert', new Uint8Array(100)],
    ['version-repeated', 'version', new Uint8Array(86)],
    ['verack-repeated', 'verack', NOTHING],
    ['wtxidrelay-late', 'wtxidrelay', NOTHING],
    ['sendaddrv2-late', 'sendaddrv2', NOTHING],
    ['unknown-4000000', 'conformtest', new Uint8Array(4_000_000)],
  ] as const
).map(([name, command, payload]) =>
  afterwards(
    `survives/${name}`,
    'Whatever a peer sends, the program goes on.',
    SURVIVES,
    (peer) => peer.sendRaw(command, payload),
    SURVIVAL,
  ),
)

const unknown: readonly DiallingCase[] = ['conformtest', 'zzzzzzzzzzzz', 'sendpackages'].map((command) =>
  afterwards(
    `unknown/${command}-ignored`,
    'Commands that are not known are ignored.',
    ['alive'],
    (peer) => peer.sendRaw(command, new Uint8Array(9)),
    { place: onMessage() },
  ),
)

function shaken(name: string, says: string, handshake: TransportHandshake): DiallingCase {
  return dialling(
    `bip324/${name}`,
    says,
    ['alive'],
    async (stage) => fateOf(await stage.accept(handshake), stage),
    {
      level: 'must',
      place: bip(324, 'Overview and design'),
      transports: ['v2'],
    },
  )
}

function packets(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  send: (peer: TestPeer) => Promise<void>,
): DiallingCase {
  return afterwards(`bip324/${name}`, says, accepts, send, {
    level: 'must',
    place,
    transports: ['v2'],
  })
}

const PACKETS = bip(324, 'Overall packet encryption and decryption pseudocode')

const encrypted: readonly DiallingCase[] = [
  shaken('garbage-none-accepted', 'Garbage may be empty.', {}),
  shaken('garbage-4095-accepted', 'Garbage of 4,095 bytes is accepted.', {
    garbage: new Uint8Array(4_095).fill(5),
  }),
  shaken('decoys-before-version-packet', 'Decoys may come before the version packet.', { decoys: [0, 900] }),
  shaken('version-packet-with-contents', 'The contents of a version packet are ignored.', {
    versionContents: new Uint8Array(64),
  }),
  packets('decoys-ignored', PACKETS, 'Decoys are ignored.', ['alive'], async (peer) => {
    for (let index = 0; index < 300; index++) await peer.sendDecoy(index)
  }),
  packets(
    'reserved-header-bits-ignored',
    bip(324, 'Overview and design'),
    'The lower seven bits of a header are ignored.',
    ['alive'],
    (peer) => peer.sendPacket(Uint8Array.of(18, 0, 0, 0, 0, 0, 0, 0, 1), { header: 0x7f }),
  ),
  packets(
    'forged-refused',
    PACKETS,
    'A packet that cannot be authenticated ends the connection.',
    ['closed'],
    (peer) => peer.sendPacket(Uint8Array.of(18, 0, 0, 0, 0, 0, 0, 0, 1), { forged: true }),
  ),
  packets(
    'long-command-of-a-short-id',
    bip(324, 'v2 Bitcoin P2P message structure'),
    'A message may name its command in full.',
    ['alive'],
    (peer) => peer.sendRaw('ping', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), { longCommand: true }),
  ),
  packets(
    'keys-change-every-224',
    bip(324, 'Rekeying wrappers: FSChaCha20Poly1305 and FSChaCha20'),
    'Each direction changes its key after 224 packets.',
    ['alive'],
    async (peer) => {
      for (let index = 0; index < 500; index++) await peer.send({ type: 'ping', nonce: BigInt(index) })
    },
  ),
  dialling(
    'bip324/garbage-4096-refused',
    'Without a terminator within 4,111 bytes the connection ends.',
    ['closed'],
    async (stage) => {
      const peer = await stage.accept({ handshake: 'none' })
      await peer.sendBytes(concatBytes(peer.v2.key, new Uint8Array(4_200).fill(1)), 'key')
      await peer.expectClosed()
      return 'closed'
    },
    { level: 'must', place: bip(324, 'Overall handshake pseudocode'), transports: ['v2'] },
  ),
  dialling(
    'bip324/comes-back-in-v1',
    'Who is hung up on at once after its key tries v1.',
    ['v1'],
    async (stage) => {
      // `accept` hangs up on a connection that begins with v2 where v1 was asked for.
      const peer = await stage.accept({ transport: 'v1' })
      return peer.transport
    },
    {
      level: 'should',
      place: places(bip(324, 'Signaling v2 support'), core('net.cpp', 'V2Transport::ShouldReconnectV1')),
      transports: ['v1'],
    },
  ),
]

const READ_HEADER = core('net.cpp', 'V1Transport::readHeader')

const framed: readonly DiallingCase[] = [
  afterwards(
    'v1/checksum-wrong-survived',
    'A message with a wrong checksum is dropped.',
    SURVIVES,
    (peer) => peer.sendRaw('inv', NOTHING, { checksum: 1 }),
    { ...SURVIVAL, transports: ['v1'], place: core('net.cpp', 'V1Transport::GetReceivedMessage') },
  ),
  afterwards(
    'v1/magic-wrong-refused',
    'A message with another magic ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('ping', new Uint8Array(8), { magic: Uint8Array.of(1, 2, 3, 4) }),
    { transports: ['v1'], place: READ_HEADER },
  ),
  afterwards(
    'v1/length-above-4000000-refused',
    'A length above 4,000,000 ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('ping', NOTHING, { length: 0xffff_ffff }),
    { transports: ['v1'], place: READ_HEADER },
  ),
  dialling(
    'v1/one-byte-at-a-time',
    'However a stream is cut, it says the same.',
    ['alive'],
    async (stage) => {
      const peer = await stage.accept()
      for (const byte of frameOf('ping', new Uint8Array(8))) await peer.sendBytes(Uint8Array.of(byte), 'byte')
      return await fateOf(peer, stage)
    },
    { transports: ['v1'], level: 'must', place: TCP_STREAM },
  ),
]

const alive: readonly DiallingCase[] = [
  dialling(
    'bip31/pong-carries-the-nonce',
    'A pong carries the nonce of its ping.',
    ['answered'],
    async (stage) => {
      const peer = await stage.accept()
      await peer.send({ type: 'ping', nonce: 0xfeed_beefn })
      await peer.expect('pong', ({ nonce }) => nonce === 0xfeed_beefn)
      return 'answered'
    },
    { level: 'must', place: bip(31, 'Specification') },
  ),
  dialling(
    'survives/end-after-handshake',
    'A peer that hangs up ends one connection, and not the program.',
    ['program runs'],
    async (stage) => {
      const peer = await stage.accept()
      await peer.end()
      await peer.expectClosed()
      return (await stage.survives()) ? 'program runs' : 'program ended'
    },
    SURVIVED_END,
  ),
  dialling(
    'survives/reset-after-handshake',
    'A connection that is reset ends one connection, and not the program.',
    ['program runs'],
    async (stage) => {
      const peer = await stage.accept()
      await peer.reset()
      const again = await stage.accept({ handshake: 'none' }).catch(() => undefined)
      return again !== undefined || (await stage.survives()) ? 'program runs' : 'program ended'
    },
    SURVIVED_END,
  ),
]

/** What software that follows the chain does with a peer that has one. */
const chains: readonly DiallingCase[] = [
  dialling(
    'sync/asks-for-headers',
    'A peer with more blocks is asked for its headers.',
    ['getheaders', 'getblocks'],
    async (stage) => {
      const peer = await stage.accept({ version: { startHeight: stage.chain.height } })
      return await Promise.any([peer.expect('getheaders'), peer.expect('getblocks')]).then(
        ({ type }) => type,
        () => 'neither',
      )
    },
    { place: core('net_processing.cpp', 'SendMessages') },
  ),
  dialling(
    'sync/follows-headers-with-requests',
    'Headers are followed by requests for what they lead to.',
    [],
    async (stage) => {
      const peer = await stage.accept({ version: { startHeight: stage.chain.height } })
      peer.on('getheaders', reply.headers(stage.chain)).on('getdata', reply.blocks(stage.chain))
      const wanted: readonly Message['type'][] = ['getdata', 'getcfheaders', 'getcfilters', 'filterload']
      return await Promise.any(wanted.map((type) => peer.expect(type))).then(
        () => 'asks on',
        () => 'asks for nothing',
      )
    },
    { level: 'info', place: core('net_processing.cpp', 'HeadersDirectFetchBlocks') },
  ),
  dialling(
    'sync/silence-survived',
    'A peer that answers nothing is waited for, and the program goes on.',
    ['alive', 'closed'],
    async (stage) => {
      const peer = await stage.accept({ version: { startHeight: 500_000 } })
      return await fateOf(peer, stage)
    },
    { ...SURVIVAL, place: core('net_processing.cpp', 'SendMessages') },
  ),
]

/** Cases for software that dials. */
export const diallingCases: readonly DiallingCase[] = [
  ...versions,
  ...alive,
  ...encrypted,
  ...framed,
  ...unknown,
  ...spoilt,
  ...chains,
]
