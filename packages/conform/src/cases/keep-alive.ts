import type { ListeningCase } from '../model/conform-case.ts'
import { afterwards, fateOf, listening } from './case-builders.ts'
import { bip, core, onMessage } from './places.ts'

const BIP31 = { place: bip(31, 'Specification'), says: 'A pong carries the nonce of its ping.' }

/** A `ping` with a nonce, and whether that comes back. */
function nonceCase(name: string, nonce: bigint): ListeningCase {
  const facts = { name: `bip31/ping/${name}`, level: 'must', source: BIP31, accepts: ['answered'] } as const
  return listening(facts, async (stage) => {
    const peer = await stage.dial()
    await peer.send({ type: 'ping', nonce })
    await peer.expect('pong', (pong) => pong.nonce === nonce)
    return 'answered'
  })
}

/** A payload under `ping` or `pong` that is not as it should be, and ends nothing. */
function harmless(name: string, says: string, command: 'ping' | 'pong', payload: Uint8Array): ListeningCase {
  const source = { place: onMessage(command), says }
  return afterwards({ name: `bip31/${command}/${name}`, level: 'core', source, accepts: ['alive'] }, (peer) =>
    peer.sendRaw(command, payload),
  )
}

/** Pings per burst; BIP324 changes its keys every 224 packets. */
const BURST = 300

/** BIP31: ping and pong. */
export const keepAliveCases: readonly ListeningCase[] = [
  nonceCase('nonce-comes-back', 0x0123_4567_89ab_cdefn),
  nonceCase('nonce-zero-comes-back', 0n),
  nonceCase('nonce-greatest-comes-back', 0xffff_ffff_ffff_ffffn),
  listening(
    { name: 'bip31/ping/many-answered-in-order', level: 'core', source: BIP31, accepts: ['in order'] },
    async (stage) => {
      const peer = await stage.dial()
      const nonces = Array.from({ length: BURST }, (_, index) => 1_000_000n + BigInt(index))
      for (const nonce of nonces) await peer.send({ type: 'ping', nonce })
      await peer.sync()
      const heard = peer
        .all('pong')
        .flatMap(({ nonce }) => (nonce !== undefined && nonces.includes(nonce) ? [nonce] : []))
      if (heard.length !== BURST) return `${heard.length} of ${BURST}`
      return heard.every((nonce, index) => nonce === nonces[index]) ? 'in order' : 'out of order'
    },
  ),
  listening(
    {
      name: 'bip31/ping/trailing-bytes-answered',
      level: 'core',
      source: { place: onMessage('ping'), says: 'What follows the nonce is not looked at.' },
      accepts: ['answered'],
    },
    async (stage) => {
      const peer = await stage.dial()
      await peer.sendRaw('ping', Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3))
      await peer.expect('pong', ({ nonce }) => nonce === 7n)
      return 'answered'
    },
  ),
  harmless(
    'without-nonce',
    'A ping without a nonce of a peer that knows them is ignored.',
    'ping',
    new Uint8Array(0),
  ),
  harmless('cut-short', 'A ping that cannot be read is ignored.', 'ping', new Uint8Array(7)),
  harmless('unasked', 'A pong that nobody waits for is ignored.', 'pong', new Uint8Array(8)),
  harmless('cut-short', 'A pong that is too short is ignored.', 'pong', new Uint8Array(3)),
  harmless('empty', 'A pong without a nonce is ignored.', 'pong', new Uint8Array(0)),
  harmless('trailing-bytes', 'What follows the nonce is not looked at.', 'pong', new Uint8Array(40)),
  listening(
    {
      name: 'bip31/ping/its-own-after-the-handshake',
      level: 'core',
      source: {
        place: core('net_processing.cpp', 'MaybeSendPing'),
        says: 'A node pings each peer once it is ready.',
      },
      accepts: ['pings'],
    },
    async (stage) => {
      const peer = await stage.dial({ answerPings: false })
      await peer.expect('ping')
      return 'pings'
    },
  ),
  listening(
    {
      name: 'bip31/ping/its-own-answered-wrongly',
      level: 'core',
      source: {
        place: onMessage('pong'),
        says: 'A pong with another nonce ends no connection.',
      },
      accepts: ['alive', 'does not ping'],
    },
    async (stage) => {
      const peer = await stage.dial({ answerPings: false })
      await peer.sync()
      const ping = peer.last('ping')
      if (ping?.nonce === undefined) return 'does not ping'
      await peer.send({ type: 'pong', nonce: ping.nonce ^ 1n }, { type: 'pong', nonce: 0n })
      return await fateOf(peer)
    },
  ),
]
