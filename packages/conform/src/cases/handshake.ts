import { encodePayload, type Message, type VersionMessage } from '@sapwood/wire-codec'
import { cutShort, type TestPeer, withTrailing } from '@sapwood/integration/test-peer'
import type { ListeningCase } from '../model/conform-case.ts'
import { fateOf, FIRST, listening } from './case-builders.ts'
import { bip, core, onMessage, wiki } from './places.ts'

const CORE_VERSION = onMessage('version')
const CORE_VERACK = onMessage('verack')

/** Whether the handshake comes about: `ready`, `closed`, or `ignored` where no `verack` comes. */
async function readiness(peer: TestPeer): Promise<string> {
  const fate = await peer.fate()
  return fate === 'alive' ? 'ready' : 'closed'
}

/** A `version` of an ordinary node but for some fields. */
function withVersion(
  name: string,
  says: string,
  version: Partial<VersionMessage>,
  facts: Partial<Pick<ListeningCase, 'accepts' | 'level'>> & { place?: string } = {},
): ListeningCase {
  const { place = CORE_VERSION, accepts = ['ready'], level = 'core' } = facts
  return listening(
    { name: `handshake/version/${name}`, level, source: { place, says }, accepts },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendVersion(version)
      await peer.send({ type: 'verack' })
      return await readiness(peer)
    },
  )
}

/** A `version` whose payload is unusual, and is taken. */
function withPayload(name: string, says: string, change: (payload: Uint8Array) => Uint8Array): ListeningCase {
  const source = { place: CORE_VERSION, says }
  return listening(
    { name: `handshake/version/${name}`, level: 'core', source, accepts: ['ready'] },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendRaw('version', change(ordinaryPayload()))
      await peer.send({ type: 'verack' })
      return await readiness(peer)
    },
  )
}

/**
 * A `version` that is none. A whole one after it, of the version that knows `wtxidrelay`, tells whether it
 * was taken: that message is said to the second of them only.
 */
function withoutPayload(
  name: string,
  says: string,
  change: (payload: Uint8Array) => Uint8Array,
): ListeningCase {
  const source = { place: CORE_VERSION, says }
  return listening(
    { name: `handshake/version/${name}`, level: 'core', source, accepts: ['closed', 'ignored'] },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendRaw('version', change(ordinaryPayload()))
      await peer.sendVersion()
      await peer.send({ type: 'verack' })
      if ((await peer.fate()) === 'closed') return 'closed'
      return peer.count('wtxidrelay') > 0 ? 'ignored' : 'taken'
    },
  )
}

function ordinaryPayload(): Uint8Array {
  const none = { services: 0n, ip: new Uint8Array(16), port: 0 }
  return encodePayload({
    type: 'version',
    version: 70_015,
    services: 9n,
    time: 1_700_000_000,
    receiver: none,
    sender: none,
    nonce: 0x1234_5678_9abcn,
    userAgent: '/conform:1/',
    startHeight: 0,
    relay: true,
  }).payload
}

/** What follows the user agent in a `version`: its length is known, and so is where to cut. */
const AFTER_NONCE = 4 + 8 + 8 + 26 + 26 + 8

const versions: readonly ListeningCase[] = [
  withVersion(
    'ordinary',
    'An ordinary version and a verack make a connection.',
    {},
    { level: 'must', place: wiki('version') },
  ),
  listening(
    {
      name: 'handshake/version/protocol-31800',
      level: 'core',
      source: { place: CORE_VERSION, says: 'Protocol version 31,800 is the oldest that is spoken.' },
      accepts: ['ready'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendVersion({ version: 31_800 })
      await peer.send({ type: 'verack' })
      // A node that old is answered no ping.
      await peer.expect('verack')
      return 'ready'
    },
  ),
  withVersion(
    'protocol-31799-refused',
    'A peer below protocol version 31,800 is hung up on.',
    { version: 31_799 },
    {
      accepts: ['closed'],
    },
  ),
  withVersion(
    'protocol-1-refused',
    'A peer of protocol version 1 is hung up on.',
    { version: 1 },
    {
      accepts: ['closed'],
    },
  ),
  withVersion('protocol-of-the-future', 'A version that is not known yet is spoken to as far as both go.', {
    version: 80_000,
  }),
  withVersion('protocol-70002', 'A peer without any later feature is spoken to.', { version: 70_002 }),
  withVersion('protocol-70015', 'A peer that knows no wtxidrelay is spoken to.', { version: 70_015 }),
  withVersion('no-services', 'A peer that dials may offer nothing.', { services: 0n }),
  withVersion('all-services', 'Service bits that are not known are no reason to refuse.', {
    services: 0xffff_ffff_ffff_ffffn,
  }),
  withVersion('time-zero', 'A peer whose time is that of 1970 is spoken to.', { time: 0 }),
  withVersion('time-far-ahead', 'A peer whose time is far ahead is spoken to.', { time: 4_294_967_295 }),
  withVersion('height-negative', 'A start height below zero is no reason to refuse.', { startHeight: -1 }),
  withVersion('height-greatest', 'The greatest start height is no reason to refuse.', {
    startHeight: 0x7fff_ffff,
  }),
  withVersion('nonce-zero', 'A nonce of zero is one like any other.', { nonce: 0n }),
  withVersion(
    'no-relay',
    'A peer may want no transactions.',
    { relay: false },
    { place: bip(37, 'Extensions to existing messages') },
  ),
  withVersion(
    'user-agent-empty',
    'A user agent may be empty.',
    { userAgent: '' },
    { place: bip(14, 'Proposal') },
  ),
  withVersion('user-agent-256', 'A user agent of 256 bytes is taken.', { userAgent: 'a'.repeat(256) }),
  withVersion('user-agent-control-characters', 'Whatever bytes a user agent has, the peer is spoken to.', {
    userAgent: '/\u0000\u001b[2J\n\u00ff/',
  }),
  withPayload('trailing-bytes', 'Bytes after the end of a version are ignored.', (payload) =>
    withTrailing(payload, 20),
  ),
  withPayload('without-relay', 'The last byte of a version may be left out.', (payload) =>
    cutShort(payload, 1),
  ),
  withPayload('without-height', 'A version may end with its user agent.', (payload) => cutShort(payload, 5)),
  withPayload('without-user-agent', 'A version may end with its nonce.', (payload) =>
    payload.subarray(0, AFTER_NONCE),
  ),
  withoutPayload('cut-short-refused', 'A version that ends within its first fields is none.', (payload) =>
    payload.subarray(0, 15),
  ),
  withoutPayload('empty-refused', 'A version without any field is none.', () => new Uint8Array(0)),
  withoutPayload(
    'user-agent-257-refused',
    'A version whose user agent is longer than 256 bytes is none.',
    (payload) => {
      const agent = new Uint8Array(257).fill(0x61)
      return Uint8Array.of(...payload.subarray(0, AFTER_NONCE), 0xfd, 1, 1, ...agent, 0, 0, 0, 0, 1)
    },
  ),
  listening(
    {
      name: 'handshake/version/answered-with-version-and-verack',
      level: 'must',
      source: {
        place: wiki('version'),
        says: 'Each side sends its version, and a verack for the other.',
      },
      accepts: ['version, verack'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendVersion()
      await peer.expect('version')
      await peer.expect('verack')
      return 'version, verack'
    },
  ),
  listening(
    {
      name: 'handshake/version/nothing-before-ours',
      level: 'core',
      source: {
        place: CORE_VERSION,
        says: 'Who was dialled says nothing before the version of who dialled.',
      },
      accepts: ['version first'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      const before = peer.count('version')
      await peer.sendVersion()
      await peer.expect('version')
      const first = peer.log.entries.find(
        ({ direction, message }) => direction === 'received' && message !== undefined,
      )
      return before === 0 && first?.type === 'version' ? 'version first' : `${first?.type ?? 'nothing'} first`
    },
  ),
  listening(
    {
      name: 'handshake/version/repeated',
      level: 'core',
      source: { place: CORE_VERSION, says: 'A second version is ignored.' },
      accepts: ['alive'],
    },
    async (stage) => {
      const peer = await stage.dial()
      await peer.sendVersion()
      return await fateOf(peer)
    },
  ),
  listening(
    {
      name: 'handshake/version/user-agent-within-256',
      level: 'core',
      source: {
        place: core('net.h', 'MAX_SUBVERSION_LENGTH'),
        says: 'A user agent has 256 bytes at the most.',
      },
      accepts: ['within'],
    },
    async (stage) => {
      const peer = await stage.dial()
      return (peer.version?.userAgent.length ?? 0) <= 256 ? 'within' : 'longer'
    },
  ),
  listening(
    {
      name: 'handshake/version/nonce-differs-by-connection',
      level: 'should',
      source: {
        place: wiki('version'),
        says: 'The nonce is random, and new for each connection.',
      },
      accepts: ['differs'],
    },
    async (stage) => {
      const [one, other] = [await stage.dial(), await stage.dial()]
      return one.version?.nonce === other.version?.nonce ? 'is the same' : 'differs'
    },
  ),
]

const veracks: readonly ListeningCase[] = [
  listening(
    {
      name: 'handshake/verack/repeated',
      level: 'core',
      source: { place: CORE_VERACK, says: 'A second verack is ignored.' },
      accepts: ['alive'],
    },
    async (stage) => {
      const peer = await stage.dial()
      await peer.send({ type: 'verack' }, { type: 'verack' })
      return await fateOf(peer)
    },
  ),
  listening(
    {
      name: 'handshake/verack/with-a-payload',
      level: 'core',
      source: { place: CORE_VERACK, says: 'Nothing is read of a verack.' },
      accepts: ['ready'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendVersion()
      await peer.sendRaw('verack', new Uint8Array(50))
      return await readiness(peer)
    },
  ),
  listening(
    {
      name: 'handshake/verack/before-version',
      level: 'core',
      source: {
        place: onMessage(),
        says: 'What comes before the version is ignored.',
      },
      // In v1 the first 16 bytes of a connection are what tells it from v2: it has to begin with a version.
      transports: ['v2'],
      accepts: ['ready'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.send({ type: 'verack' })
      await peer.sendVersion()
      await peer.send({ type: 'verack' })
      return await readiness(peer)
    },
  ),
]

/** A message before the `version`, or between `version` and `verack`, where Core ignores it. */
function tooEarly(
  type: string,
  message: Message | { readonly command: string },
  since: string = FIRST,
): ListeningCase[] {
  const say = async (peer: TestPeer): Promise<void> => {
    if ('command' in message && !('type' in message)) await peer.sendRaw(message.command)
    else await peer.send(message)
  }
  const source = {
    place: onMessage(),
    says: 'Before its time a message is ignored.',
  }
  return [
    listening(
      {
        name: `handshake/order/${type}-before-version`,
        since,
        level: 'core',
        source,
        transports: ['v2'],
        accepts: ['ready'],
      },
      async (stage) => {
        const peer = await stage.dial({ handshake: 'transport' })
        await say(peer)
        await peer.sendVersion()
        await peer.send({ type: 'verack' })
        return await readiness(peer)
      },
    ),
    listening(
      { name: `handshake/order/${type}-before-verack`, since, level: 'core', source, accepts: ['ready'] },
      async (stage) => {
        const peer = await stage.dial({ handshake: 'transport' })
        await peer.sendVersion()
        await say(peer)
        await peer.send({ type: 'verack' })
        return await readiness(peer)
      },
    ),
  ]
}

const NO_HASH = new Uint8Array(32) as never

const early: readonly ListeningCase[] = [
  tooEarly('ping', { type: 'ping', nonce: 77n }),
  tooEarly('pong', { type: 'pong', nonce: 77n }),
  tooEarly('getaddr', { type: 'getaddr' }),
  tooEarly('addr', { type: 'addr', addresses: [] }),
  tooEarly('addrv2', { type: 'addrv2', addresses: [] }),
  tooEarly('inv', { type: 'inv', inventory: [] }),
  tooEarly('getdata', { type: 'getdata', inventory: [] }),
  tooEarly('notfound', { type: 'notfound', inventory: [] }),
  tooEarly('getheaders', { type: 'getheaders', version: 70_016, locator: [], stopHash: NO_HASH }),
  tooEarly('getblocks', { type: 'getblocks', version: 70_016, locator: [], stopHash: NO_HASH }),
  tooEarly('headers', { type: 'headers', headers: [] }),
  tooEarly('feefilter', { type: 'feefilter', feeRate: 1_000n }),
  tooEarly('sendheaders', { type: 'sendheaders' }),
  tooEarly('sendcmpct', { type: 'sendcmpct', announce: false, version: 2n }),
  tooEarly('mempool', { type: 'mempool' }),
  tooEarly('unknown-command', { command: 'conformtest' }),
  // None of them is looked into that early: they have no payload.
  ...[
    'block',
    'tx',
    'merkleblock',
    'filterload',
    'filteradd',
    'filterclear',
    'cmpctblock',
    'getblocktxn',
    'blocktxn',
    'getcfilters',
    'cfilter',
    'getcfheaders',
    'cfheaders',
    'getcfcheckpt',
    'cfcheckpt',
  ].map((command) => tooEarly(command, { command }, '0.4.0')),
  // These have their time before the verack.
  ...['wtxidrelay', 'sendaddrv2', 'sendtxrcncl', 'feature'].map((command) =>
    tooEarly(command, { command }, '0.4.0').filter(({ name }) => name.endsWith('-before-version')),
  ),
].flat()

const silent: readonly ListeningCase[] = [
  listening(
    {
      name: 'handshake/order/ping-before-verack-unanswered',
      level: 'core',
      source: {
        place: onMessage(),
        says: 'A ping before the verack gets no answer.',
      },
      accepts: ['unanswered'],
    },
    async (stage) => {
      const peer = await stage.dial({ handshake: 'transport' })
      await peer.sendVersion()
      await peer.send({ type: 'ping', nonce: 4_242n }, { type: 'verack' })
      await peer.expectAlive()
      return peer.all('pong').some(({ nonce }) => nonce === 4_242n) ? 'answered' : 'unanswered'
    },
  ),
]

/** The `version` handshake. */
export const handshakeCases: readonly ListeningCase[] = [...versions, ...veracks, ...early, ...silent]
