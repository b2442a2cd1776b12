import { mineBlockOn } from '@sapwood/integration'
import { listPayload } from '@sapwood/integration/test-peer'
import { type BlockHash, blockHash, bytesEqual, concatBytes, encodeHeader } from '@sapwood/wire-codec'
import type { ListeningCase } from '../model/conform-case.ts'
import { asksForHeaders, BLOCKS, CHAIN, COMPACT, fate, sees, UNKNOWN_HASH } from './exchange-builders.ts'
import { bip, core, onMessage, places, wiki } from './places.ts'

const headerPayload = (headers: readonly Parameters<typeof encodeHeader>[0][]): Uint8Array =>
  concatBytes(
    Uint8Array.of(headers.length),
    ...headers.map((header) => concatBytes(encodeHeader(header), Uint8Array.of(0))),
  )

/** Headers that a node is given, and how it announces blocks. */
export const headerCases: readonly ListeningCase[] = [
  fate('headers/empty', onMessage('headers'), 'A headers may be empty.', ['alive'], (peer) =>
    peer.send({ type: 'headers', headers: [] }),
  ),
  fate(
    'headers/2001-refused',
    onMessage('headers'),
    'More than 2,000 headers end the connection.',
    ['closed'],
    (peer) => peer.sendRaw('headers', listPayload(2_001, new Uint8Array(81))),
  ),
  fate(
    'headers/known',
    onMessage('headers'),
    'Headers that are known end nothing.',
    ['alive'],
    (peer, { chain }) => peer.send({ type: 'headers', headers: chain.headers.slice(0, 10) }),
    CHAIN,
  ),
  fate(
    'headers/not-a-chain-refused',
    core('net_processing.cpp', 'CheckHeadersAreContinuous'),
    'Headers that do not follow each other end the connection.',
    ['closed'],
    (peer, { chain }) => peer.send({ type: 'headers', headers: [chain.headers[3]!, chain.headers[7]!] }),
    CHAIN,
  ),
  fate(
    'headers/without-proof-of-work-refused',
    core('net_processing.cpp', 'CheckHeadersPoW'),
    'A header without its proof of work ends the connection.',
    ['closed'],
    (peer, { chain }) =>
      peer.send({
        type: 'headers',
        headers: [{ ...unworked(chain.at(chain.height)!.block.header, chain.tip) }],
      }),
    CHAIN,
  ),
  fate(
    'headers/wrong-difficulty-refused',
    core('validation.cpp', 'ContextualCheckBlockHeader'),
    'A header of another difficulty ends the connection.',
    ['closed'],
    (peer, { chain }) =>
      peer.send({
        type: 'headers',
        headers: [
          { ...chain.at(chain.height)!.block.header, previousBlockHash: chain.tip, bits: 0x1d00ffff },
        ],
      }),
    CHAIN,
  ),
  sees(
    'headers/unconnected-asks-for-headers',
    core('net_processing.cpp', 'HandleUnconnectingHeaders'),
    'A header whose parent is not known is asked about by getheaders.',
    ['getheaders'],
    (peer, { chain }) => {
      const { block } = mineBlockOn(chain, { previous: UNKNOWN_HASH, tag: 'unconnected' })
      return asksForHeaders(peer, () => peer.sendRaw('headers', headerPayload([block.header])))
    },
  ),
  sees(
    'bip130/announce/by-headers',
    places(bip(130, 'Specification'), core('net_processing.cpp', 'SendMessages')),
    'Who asked for it is announced to by headers.',
    ['headers'],
    async (peer, stage) => {
      await peer.send({ type: 'sendheaders' }, { type: 'headers', headers: [stage.chain.headers.at(-1)!] })
      await peer.sync()
      await stage.mine()
      await peer.expect('headers', (message) =>
        message.headers.some((header) => bytesEqual(blockHash(header), stage.chain.tip)),
      )
      return 'headers'
    },
    BLOCKS,
  ),
  sees(
    'inv/new-block-announced',
    wiki('inv'),
    'Who asked for nothing else is announced to by inv.',
    ['inv'],
    async (peer, stage) => {
      await peer.sync()
      await stage.mine()
      await peer.expect('inv', (message) =>
        message.inventory.some(({ hash }) => bytesEqual(hash, stage.chain.tip)),
      )
      return 'inv'
    },
    { ...BLOCKS, level: 'must' },
  ),
  sees(
    'bip152/announce/at-once',
    bip(152, 'sendcmpct'),
    'Who asked for it is announced to by cmpctblock.',
    ['cmpctblock'],
    async (peer, stage) => {
      await peer.send(
        { type: 'sendcmpct', announce: true, version: 2n },
        { type: 'headers', headers: [stage.chain.headers.at(-1)!] },
      )
      await peer.sync()
      await stage.mine()
      await peer.expect('cmpctblock', ({ compactBlock }) =>
        bytesEqual(blockHash(compactBlock.header), stage.chain.tip),
      )
      return 'cmpctblock'
    },
    COMPACT,
  ),
]

/** A header on the tip whose hash is above its target. */
function unworked(
  like: Parameters<typeof encodeHeader>[0],
  previousBlockHash: BlockHash,
): Parameters<typeof encodeHeader>[0] {
  for (let nonce = 0; ; nonce++) {
    const header = { ...like, previousBlockHash, time: like.time + 1, nonce }
    if (blockHash(header)[31]! >= 0x80) return header
  }
}
