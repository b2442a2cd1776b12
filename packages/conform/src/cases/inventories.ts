import { listPayload } from '@sapwood/integration/test-peer'
import { concatBytes, InventoryType } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { asksForHeaders, fate, NO_HASH, sees, UNKNOWN_HASH } from './exchange-builders.ts'
import { core, onMessage, places, wiki } from './places.ts'

const ENTRY = new Uint8Array(36)
const TX_ENTRY = concatBytes(Uint8Array.of(1, 0, 0, 0), new Uint8Array(32).fill(0x5a))

/** Answers to what a node with all blocks asks nobody for: a header, or a hash, and nothing in them. */
const UNASKED = [
  ['bip37/merkleblock/unasked-ignored', 'merkleblock', new Uint8Array(86)],
  ['bip157/cfilter/unasked-ignored', 'cfilter', new Uint8Array(34)],
  ['bip157/cfheaders/unasked-ignored', 'cfheaders', new Uint8Array(66)],
  ['bip157/cfcheckpt/unasked-ignored', 'cfcheckpt', new Uint8Array(34)],
] as const

/** What is announced and asked for by hash, and the limits of the lists. */
export const inventoryCases: readonly ListeningCase[] = [
  fate('inv/50000-taken', onMessage('inv'), 'inv has 50,000 entries at the most.', ['alive'], (peer) =>
    peer.sendRaw('inv', listPayload(50_000, ENTRY)),
  ),
  fate(
    'inv/50001-refused',
    onMessage('inv'),
    'More than 50,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('inv', listPayload(50_001, ENTRY)),
  ),
  fate('inv/empty', onMessage('inv'), 'An inv may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'inv', inventory: [] }),
  ),
  fate(
    'inv/unknown-type-ignored',
    onMessage('inv'),
    'Entries of a type that is not known are ignored.',
    ['alive'],
    (peer) => peer.sendRaw('inv', Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, ...new Uint8Array(32))),
  ),
  sees(
    'inv/unknown-block-asks-for-headers',
    onMessage('inv'),
    'A block that is not known is asked for by getheaders.',
    ['getheaders'],
    (peer) =>
      asksForHeaders(peer, () =>
        peer.send({ type: 'inv', inventory: [{ type: InventoryType.BLOCK, hash: UNKNOWN_HASH }] }),
      ),
    {},
  ),
  fate(
    'getdata/50001-refused',
    onMessage('getdata'),
    'More than 50,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('getdata', listPayload(50_001, ENTRY)),
  ),
  fate('getdata/empty', onMessage('getdata'), 'A getdata may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'getdata', inventory: [] }),
  ),
  fate(
    'getdata/unknown-block-survived',
    onMessage('getdata'),
    'A block that is not there is not answered.',
    ['alive'],
    (peer) =>
      peer.send({
        type: 'getdata',
        inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: UNKNOWN_HASH }],
      }),
  ),
  sees(
    'getdata/unknown-transaction-notfound',
    places(wiki('notfound'), core('net_processing.cpp', 'ProcessGetData')),
    'A transaction that is not there is answered with notfound.',
    ['notfound'],
    async (peer) => {
      await peer.sendRaw('getdata', listPayload(1, TX_ENTRY))
      await peer.expect('notfound', ({ inventory }) => inventory.length === 1)
      return 'notfound'
    },
    {},
  ),
  fate(
    'notfound/unasked-ignored',
    onMessage('notfound'),
    'A notfound that nobody waits for is ignored.',
    ['alive'],
    (peer) => peer.sendRaw('notfound', listPayload(1, TX_ENTRY)),
  ),
  fate(
    'notfound/50001-ignored',
    onMessage('notfound'),
    'A notfound that is too long is ignored.',
    ['alive'],
    (peer) => peer.sendRaw('notfound', listPayload(50_001, TX_ENTRY)),
  ),
  ...UNASKED.map(([name, command, payload]) =>
    fate(
      name,
      onMessage(),
      'An answer that nobody waits for is ignored.',
      ['alive'],
      (peer) => peer.sendRaw(command, payload),
      { since: '0.4.0' },
    ),
  ),
  fate(
    'getblocks/101-taken',
    onMessage('getblocks'),
    'A locator has 101 hashes at the most.',
    ['alive'],
    (peer) => peer.sendRaw('getblocks', locator(101)),
  ),
  fate(
    'getblocks/102-refused',
    onMessage('getblocks'),
    'A longer locator ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('getblocks', locator(102)),
  ),
  fate(
    'getheaders/101-taken',
    onMessage('getheaders'),
    'A locator has 101 hashes at the most.',
    ['alive'],
    (peer) => peer.sendRaw('getheaders', locator(101)),
  ),
  fate(
    'getheaders/102-refused',
    onMessage('getheaders'),
    'A longer locator ends the connection.',
    ['closed'],
    (peer) => peer.sendRaw('getheaders', locator(102)),
  ),
]

function locator(count: number): Uint8Array {
  return concatBytes(Uint8Array.of(0x80, 0x11, 1, 0), listPayload(count, UNKNOWN_HASH), NO_HASH)
}
