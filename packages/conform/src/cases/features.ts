import { ByteWriter, type Message } from '@sapwood/wire-codec'
import type { Level, ListeningCase, Need } from '../model/conform-case.ts'
import { afterwards, fateOf, listening } from './case-builders.ts'
import { bip, core, onMessage, places } from './places.ts'

const NO_HASH = new Uint8Array(32) as never

interface Between {
  readonly level?: Level
  readonly needs?: readonly Need[]
  readonly accepts?: readonly string[]
  readonly version?: number
  readonly since?: string
}

/** Messages between `version` and `verack`, where features are agreed on. */
function between(
  name: string,
  place: string,
  says: string,
  messages: readonly Message[],
  { level = 'core', accepts = ['alive'], version = 70_016, ...rest }: Between = {},
): ListeningCase {
  const facts = { name, level, source: { place, says }, accepts, ...rest }
  return listening(facts, async (stage) => {
    const peer = await stage.dial({ handshake: 'transport' })
    await peer.sendVersion({ version })
    await peer.send(...messages, { type: 'verack' })
    return await fateOf(peer)
  })
}

/** A message that is said once the connection is ready. */
function late(
  name: string,
  place: string,
  says: string,
  messages: readonly Message[],
  facts: Between = {},
): ListeningCase {
  const { level = 'core', accepts = ['alive'], version = 70_016, ...rest } = facts
  return afterwards(
    { name, level, source: { place, says }, accepts, ...rest },
    (peer) => peer.send(...messages),
    { version: { version } },
  )
}

/** Whether the target says something of itself on a new connection. */
function offers(
  name: string,
  place: string,
  says: string,
  type: Message['type'],
  { level = 'core', version = 70_016, accepts = ['said'], ...rest }: Between = {},
): ListeningCase {
  return listening({ name, level, source: { place, says }, accepts, ...rest }, async (stage) => {
    // What peers of that version say, and no more: they know none of what came later.
    const between = version < 70_016 ? { between: [] } : {}
    const peer = await stage.dial({ version: { version }, ...between })
    await peer.sync()
    return peer.count(type) > 0 ? 'said' : 'not said'
  })
}

/** Whether a message of the target comes before its `verack`. */
function offersInTime(name: string, place: string, type: Message['type']): ListeningCase {
  const source = { place, says: `${type} is sent before the verack.` }
  return listening({ name, level: 'must', source, accepts: ['before verack', 'not said'] }, async (stage) => {
    const peer = await stage.dial()
    await peer.sync()
    const at = (wanted: string): number =>
      peer.log.entries.findIndex(({ direction, type: said }) => direction === 'received' && said === wanted)
    if (at(type) === -1) return 'not said'
    return at(type) < at('verack') ? 'before verack' : 'after verack'
  })
}

const BIP133 = bip(133, 'Specification')
const BIP155 = bip(155, 'Signaling support and compatibility')
const BIP330 = bip(330, 'sendtxrcncl')
const BIP339 = bip(339, 'Specification')
const reconciliation = (version: number): Message => ({ type: 'sendtxrcncl', version, salt: 5n })

/** What is said of a feature that nobody has. @param data bytes of it. */
const feature = (id: string, data = 2): Message => ({ type: 'feature', id, data: new Uint8Array(data) })
const TALKS_OF_FEATURES = { version: 70_017, needs: ['features'] } as const

/** BIP434. The reference speaks no version that has it: of what such a node does it is told, and no more. */
const featureMessages: readonly ListeningCase[] = [
  offers(
    'bip434/offer/none-to-70016',
    bip(434, 'Specification'),
    'feature is said to peers of version 70,017 and later.',
    'feature',
    { level: 'must', accepts: ['not said'], since: '0.3.0' },
  ),
  between(
    'bip434/agree/unknown-ignored',
    bip(434, 'feature message'),
    'A feature that is not known is ignored.',
    [feature('conform'), feature('x'.repeat(80), 512)],
    { ...TALKS_OF_FEATURES, level: 'info', accepts: [], since: '0.3.0' },
  ),
  late(
    'bip434/agree/after-verack',
    bip(434, 'Specification'),
    'A feature behind the verack may be ignored, or end the connection.',
    [feature('conform')],
    { ...TALKS_OF_FEATURES, level: 'info', accepts: [], since: '0.3.0' },
  ),
]

/** BIP130, 133, 152, 155, 324's service bit, 330, 339 and 434: what is agreed on around the handshake. */
export const featureCases: readonly ListeningCase[] = [
  offers('bip339/offer/wtxidrelay-to-70016', BIP339, 'A node that knows it says wtxidrelay.', 'wtxidrelay'),
  offers(
    'bip339/offer/no-wtxidrelay-to-70015',
    BIP339,
    'wtxidrelay is said to peers of version 70,016 and later.',
    'wtxidrelay',
    { level: 'must', version: 70_015, accepts: ['not said'] },
  ),
  offersInTime('bip339/offer/before-verack', BIP339, 'wtxidrelay'),
  between(
    'bip339/agree/before-verack',
    BIP339,
    'wtxidrelay before the verack is taken.',
    [{ type: 'wtxidrelay' }],
    {
      level: 'must',
    },
  ),
  between('bip339/agree/repeated', onMessage('wtxidrelay'), 'A second wtxidrelay is ignored.', [
    { type: 'wtxidrelay' },
    { type: 'wtxidrelay' },
  ]),
  between(
    'bip339/agree/below-70016',
    onMessage('wtxidrelay'),
    'wtxidrelay of a peer below version 70,016 is ignored.',
    [{ type: 'wtxidrelay' }],
    { version: 70_015 },
  ),
  late(
    'bip339/agree/after-verack-refused',
    places(BIP339, onMessage('wtxidrelay')),
    'A peer that says wtxidrelay after its verack is hung up on.',
    [{ type: 'wtxidrelay' }],
    { accepts: ['closed'] },
  ),
  offers('bip155/offer/sendaddrv2-to-70016', BIP155, 'A node that knows it says sendaddrv2.', 'sendaddrv2'),
  offersInTime('bip155/offer/before-verack', BIP155, 'sendaddrv2'),
  between(
    'bip155/agree/before-verack',
    BIP155,
    'sendaddrv2 before the verack is taken.',
    [{ type: 'sendaddrv2' }],
    {
      level: 'must',
    },
  ),
  between('bip155/agree/repeated', onMessage('sendaddrv2'), 'A second sendaddrv2 is ignored.', [
    { type: 'sendaddrv2' },
    { type: 'sendaddrv2' },
  ]),
  late(
    'bip155/agree/after-verack-refused',
    places(BIP155, onMessage('sendaddrv2')),
    'A peer that says sendaddrv2 after its verack is hung up on.',
    [{ type: 'sendaddrv2' }],
    { accepts: ['closed'] },
  ),
  offers(
    'bip152/offer/sendcmpct',
    bip(152, 'Implementation Notes'),
    'A node that knows compact blocks says sendcmpct.',
    'sendcmpct',
  ),
  listening(
    {
      name: 'bip152/offer/version-2-low-bandwidth',
      level: 'core',
      source: {
        place: onMessage('verack'),
        says: 'What is offered to who dials is version 2, and not to be announced to at once.',
      },
      accepts: ['version 2, low bandwidth'],
    },
    async (stage) => {
      const peer = await stage.dial()
      const { version, announce } = await peer.expect('sendcmpct')
      return `version ${version}, ${announce ? 'high' : 'low'} bandwidth`
    },
  ),
  ...([1n, 2n, 3n, 0n, 0xffff_ffff_ffff_ffffn] as const).map((version) =>
    late(
      `bip152/agree/sendcmpct-version-${version}`,
      places(bip(152, 'sendcmpct'), bip(152, 'Protocol Versioning')),
      version === 2n
        ? 'sendcmpct of a version that is known is taken.'
        : 'sendcmpct of another version is ignored.',
      [{ type: 'sendcmpct', announce: false, version }],
      { level: 'must' },
    ),
  ),
  late('bip152/agree/announce-at-once', bip(152, 'sendcmpct'), 'A peer may ask to be announced to at once.', [
    { type: 'sendcmpct', announce: true, version: 2n },
  ]),
  afterwards(
    {
      name: 'bip152/agree/sendcmpct-cut-short',
      level: 'core',
      source: {
        place: core('net_processing.cpp', 'ProcessMessages'),
        says: 'A message that cannot be read is ignored.',
      },
      accepts: ['alive'],
    },
    (peer) => peer.sendRaw('sendcmpct', new Uint8Array(8)),
  ),
  late(
    'bip130/agree/sendheaders',
    bip(130, 'Specification'),
    'A peer may ask for headers as announcements.',
    [{ type: 'sendheaders' }],
    {
      level: 'must',
    },
  ),
  late('bip130/agree/repeated', onMessage('sendheaders'), 'A second sendheaders changes nothing.', [
    { type: 'sendheaders' },
    { type: 'sendheaders' },
  ]),
  offers(
    'bip133/offer/feefilter',
    core('net_processing.cpp', 'MaybeSendFeefilter'),
    'A node that takes transactions says what fee rate it wants.',
    'feefilter',
  ),
  offers(
    'bip133/offer/none-to-70012',
    BIP133,
    'feefilter is said to peers of version 70,013 and later.',
    'feefilter',
    {
      level: 'must',
      version: 70_012,
      accepts: ['not said'],
    },
  ),
  ...(
    [
      ['zero', 0n],
      ['ordinary', 1_000n],
      ['greatest-amount', 2_100_000_000_000_000n],
      ['above-greatest-amount', 2_100_000_000_000_001n],
      ['negative', -1n],
    ] as const
  ).map(([name, feeRate]) =>
    afterwards(
      {
        name: `bip133/feefilter/${name}`,
        level: 'core',
        source: {
          place: places(BIP133, onMessage('feefilter')),
          says: 'No fee rate ends a connection.',
        },
        accepts: ['alive'],
      },
      (peer) => peer.sendRaw('feefilter', new ByteWriter(8).i64(feeRate).finish()),
    ),
  ),
  between(
    'bip330/agree/unknown-before-verack',
    BIP330,
    'sendtxrcncl is ignored where it is not known.',
    [reconciliation(1)],
    { needs: ['no-reconciliation'] },
  ),
  late(
    'bip330/agree/unknown-after-verack',
    onMessage('sendtxrcncl'),
    'sendtxrcncl is ignored where reconciliation is off, also after the verack.',
    [reconciliation(1)],
    { needs: ['no-reconciliation'] },
  ),
  between(
    'bip330/agree/version-1',
    BIP330,
    'sendtxrcncl of version 1 is taken.',
    [{ type: 'wtxidrelay' }, reconciliation(1)],
    { level: 'must', needs: ['reconciliation'] },
  ),
  between(
    'bip330/agree/version-0-refused',
    places(BIP330, onMessage('sendtxrcncl')),
    'A peer that offers version 0 is hung up on.',
    [{ type: 'wtxidrelay' }, reconciliation(0)],
    { needs: ['reconciliation'], accepts: ['closed'] },
  ),
  between(
    'bip330/agree/repeated-refused',
    onMessage('sendtxrcncl'),
    'A peer that offers reconciliation twice is hung up on.',
    [{ type: 'wtxidrelay' }, reconciliation(1), reconciliation(1)],
    { needs: ['reconciliation'], accepts: ['closed'] },
  ),
  late(
    'bip330/agree/after-verack-refused',
    places(BIP330, onMessage('sendtxrcncl')),
    'A peer that offers reconciliation after its verack is hung up on.',
    [reconciliation(1)],
    { needs: ['reconciliation'], accepts: ['closed'] },
  ),
  between(
    'bip434/agree/feature-below-70017',
    bip(434, 'Specification'),
    'A feature that is said to a node of an earlier version: no text says what becomes of it.',
    [{ type: 'feature', id: 'conform', data: new Uint8Array(2) }],
    { level: 'info', accepts: [] },
  ),
  ...featureMessages,
  late(
    'bip35/mempool/refused-without-bloom',
    onMessage('mempool'),
    'mempool of a peer that NODE_BLOOM was not offered to ends its connection.',
    [{ type: 'mempool' }],
    { needs: ['no-bloom'], accepts: ['closed'] },
  ),
  late(
    'bip35/mempool/taken-with-bloom',
    bip(35, 'Specification'),
    'mempool is answered where NODE_BLOOM is offered.',
    [{ type: 'mempool' }],
    {
      level: 'must',
      needs: ['bloom'],
    },
  ),
  late(
    'bip111/filterload/refused-without-bloom',
    bip(111, 'Specification'),
    'filterload to a node that does not offer NODE_BLOOM ends the connection.',
    [{ type: 'filterload', filter: Uint8Array.of(1), hashFunctions: 1, tweak: 0, flags: 0 }],
    { level: 'should', needs: ['no-bloom'], accepts: ['closed'] },
  ),
  late(
    'bip111/filteradd/refused-without-bloom',
    bip(111, 'Specification'),
    'filteradd to a node that does not offer NODE_BLOOM ends the connection.',
    [{ type: 'filteradd', element: Uint8Array.of(1) }],
    { level: 'should', needs: ['no-bloom'], accepts: ['closed'] },
  ),
  late(
    'bip111/filterclear/refused-without-bloom',
    bip(111, 'Specification'),
    'filterclear to a node that does not offer NODE_BLOOM ends the connection.',
    [{ type: 'filterclear' }],
    { level: 'should', needs: ['no-bloom'], accepts: ['closed'] },
  ),
  ...(['getcfilters', 'getcfheaders'] as const).map((type) =>
    late(
      `bip157/${type}/refused-without-filters`,
      places(bip(157, type), core('net_processing.cpp', 'PrepareBlockFilterRequest')),
      `${type} to a node that offers no filters ends the connection.`,
      [{ type, filterType: 0, startHeight: 0, stopHash: NO_HASH }],
      { needs: ['no-compact-filters'], accepts: ['closed'] },
    ),
  ),
  late(
    'bip157/getcfcheckpt/refused-without-filters',
    places(bip(157, 'getcfcheckpt'), core('net_processing.cpp', 'PrepareBlockFilterRequest')),
    'getcfcheckpt to a node that offers no filters ends the connection.',
    [{ type: 'getcfcheckpt', filterType: 0, stopHash: NO_HASH }],
    { needs: ['no-compact-filters'], accepts: ['closed'] },
  ),
]
