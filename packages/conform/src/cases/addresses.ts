import { listPayload } from '@sapwood/integration/test-peer'
import { concatBytes, type GossipedAddress } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { fate } from './exchange-builders.ts'
import { bip, onMessage, places } from './places.ts'

const address = (network: GossipedAddress['address']['network'], bytes: Uint8Array): GossipedAddress => ({
  time: 1_700_000_000,
  services: 9n,
  address: { network, bytes, port: 8_333 },
})
const addrEntry = new Uint8Array(30)

/** Addresses: `addr`, `addrv2` (BIP155), `getaddr`. */
export const addressCases: readonly ListeningCase[] = [
  fate('addr/1000-taken', onMessage('addr'), 'addr has 1,000 entries at the most.', ['alive'], (peer) =>
    peer.sendRaw('addr', listPayload(1_000, addrEntry)),
  ),
  fate(
    'addr/1001-refused',
    onMessage('addr'),
    'More than 1,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('addr', listPayload(1_001, addrEntry)),
  ),
  fate('addr/empty', onMessage('addr'), 'An addr may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'addr', addresses: [] }),
  ),
  fate(
    'bip155/addrv2/1000-taken',
    bip(155, 'Specification'),
    'addrv2 has 1,000 entries at the most.',
    ['alive'],
    (peer) =>
      peer.send({
        type: 'addrv2',
        addresses: Array.from({ length: 1_000 }, (_, i) =>
          address('ipv4', Uint8Array.of(203, 0, 113, i & 0xff)),
        ),
      }),
  ),
  fate(
    'bip155/addrv2/1001-refused',
    places(bip(155, 'Specification'), onMessage('addrv2')),
    'More than 1,000 entries end the connection.',
    ['closed'],
    (peer) =>
      peer.sendRaw('addrv2', listPayload(1_001, Uint8Array.of(0, 0, 0, 0, 0, 1, 4, 203, 0, 113, 1, 0, 1))),
  ),
  fate(
    'bip155/addrv2/unknown-network-ignored',
    places(bip(155, 'Specification'), onMessage('addrv2')),
    'Addresses of a network that is not known are ignored.',
    ['alive'],
    (peer) => peer.sendRaw('addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 3, 1, 2, 3, 0, 1)),
  ),
  fate(
    'bip155/addrv2/unknown-network-512-bytes',
    bip(155, 'Specification'),
    'An address has 512 bytes at the most.',
    ['alive'],
    (peer) =>
      peer.sendRaw(
        'addrv2',
        concatBytes(
          Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 0xfd, 0, 2),
          new Uint8Array(512),
          Uint8Array.of(0, 1),
        ),
      ),
  ),
  fate(
    'bip155/addrv2/513-bytes',
    bip(155, 'Specification'),
    'A longer address is to be refused: the message or the peer.',
    ['alive', 'closed'],
    (peer) =>
      peer.sendRaw(
        'addrv2',
        concatBytes(
          Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 0xfd, 1, 2),
          new Uint8Array(513),
          Uint8Array.of(0, 1),
        ),
      ),
    { level: 'should' },
  ),
  fate(
    'bip155/addrv2/ipv4-of-5-bytes',
    bip(155, 'Specification'),
    'A known network with another length is to be refused: the message or the peer.',
    ['alive', 'closed'],
    (peer) => peer.sendRaw('addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 5, 1, 2, 3, 4, 5, 0, 1)),
    { level: 'should' },
  ),
  fate(
    'bip155/addrv2/torv2-ignored',
    bip(155, 'Specification'),
    'Addresses of Tor v2 are ignored.',
    ['alive'],
    (peer) =>
      peer.sendRaw(
        'addrv2',
        concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 1, 3, 10), new Uint8Array(10), Uint8Array.of(0, 1)),
      ),
    { level: 'must' },
  ),
  fate('bip155/addrv2/empty', bip(155, 'Specification'), 'An addrv2 may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'addrv2', addresses: [] }),
  ),
  fate('getaddr/once', onMessage('getaddr'), 'Who dials may ask for addresses.', ['alive'], (peer) =>
    peer.send({ type: 'getaddr' }),
  ),
  fate('getaddr/repeated', onMessage('getaddr'), 'A second getaddr is ignored.', ['alive'], (peer) =>
    peer.send({ type: 'getaddr' }, { type: 'getaddr' }, { type: 'getaddr' }),
  ),
]
