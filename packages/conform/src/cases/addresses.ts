import { listPayload } from '@sapwood/integration/test-peer'
import { concatBytes, type GossipedAddress } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { fate, PROCESS } from './exchange-builders.ts'

const address = (network: GossipedAddress['address']['network'], bytes: Uint8Array): GossipedAddress => ({
  time: 1_700_000_000,
  services: 9n,
  address: { network, bytes, port: 8_333 },
})
const addrEntry = new Uint8Array(30)

/** Addresses: `addr`, `addrv2` (BIP155), `getaddr`. */
export const addressCases: readonly ListeningCase[] = [
  fate('addr/1000-taken', `${PROCESS} "addr"`, 'addr has 1,000 entries at the most.', ['alive'], (peer) =>
    peer.sendRaw('addr', listPayload(1_000, addrEntry)),
  ),
  fate(
    'addr/1001-refused',
    `${PROCESS} "addr"`,
    'More than 1,000 entries end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('addr', listPayload(1_001, addrEntry)),
  ),
  fate('addr/empty', `${PROCESS} "addr"`, 'An addr may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'addr', addresses: [] }),
  ),
  fate('bip155/addrv2/1000-taken', 'BIP155', 'addrv2 has 1,000 entries at the most.', ['alive'], (peer) =>
    peer.send({
      type: 'addrv2',
      addresses: Array.from({ length: 1_000 }, (_, i) =>
        address('ipv4', Uint8Array.of(203, 0, 113, i & 0xff)),
      ),
    }),
  ),
  fate(
    'bip155/addrv2/1001-refused',
    'BIP155; Core net_processing.cpp, "addrv2"',
    'More than 1,000 entries end the connection.',
    ['closed'],
    (peer) =>
      peer.sendRaw('addrv2', listPayload(1_001, Uint8Array.of(0, 0, 0, 0, 0, 1, 4, 203, 0, 113, 1, 0, 1))),
  ),
  fate(
    'bip155/addrv2/unknown-network-ignored',
    `${PROCESS} "addrv2"; BIP155 has ids for networks to come`,
    'Addresses of a network that is not known are ignored.',
    ['alive'],
    (peer) => peer.sendRaw('addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 0xaa, 3, 1, 2, 3, 0, 1)),
  ),
  fate(
    'bip155/addrv2/unknown-network-512-bytes',
    'BIP155',
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
    'BIP155',
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
    'BIP155',
    'A known network with another length is to be refused: the message or the peer.',
    ['alive', 'closed'],
    (peer) => peer.sendRaw('addrv2', Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 5, 1, 2, 3, 4, 5, 0, 1)),
    { level: 'should' },
  ),
  fate(
    'bip155/addrv2/torv2-ignored',
    'BIP155',
    'Addresses of Tor v2 are ignored.',
    ['alive'],
    (peer) =>
      peer.sendRaw(
        'addrv2',
        concatBytes(Uint8Array.of(1, 0, 0, 0, 0, 1, 3, 10), new Uint8Array(10), Uint8Array.of(0, 1)),
      ),
    { level: 'must' },
  ),
  fate('bip155/addrv2/empty', 'BIP155', 'An addrv2 may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'addrv2', addresses: [] }),
  ),
  fate('getaddr/once', `${PROCESS} "getaddr"`, 'Who dials may ask for addresses.', ['alive'], (peer) =>
    peer.send({ type: 'getaddr' }),
  ),
  fate('getaddr/repeated', `${PROCESS} "getaddr"`, 'A second getaddr is ignored.', ['alive'], (peer) =>
    peer.send({ type: 'getaddr' }, { type: 'getaddr' }, { type: 'getaddr' }),
  ),
]
