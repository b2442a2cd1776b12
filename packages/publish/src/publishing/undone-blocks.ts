import type { BlockRef, ChainAccess } from '@sapwood/node'
import {
  blockHash,
  type BlockHeader,
  bytesEqual,
  concatBytes,
  decodeHeader,
  HEADER_SIZE,
} from '@sapwood/wire-codec'
import { PublishError } from '../errors/publish-error.ts'
import type { Position } from '../records/position.ts'
import type { PublishSink } from '../sinks/publish-sink.ts'

/** What has left the best chain of what was published. */
export interface UndoneBlocks {
  /** The last block that stays. */
  readonly fork: BlockRef
  /** From the top downwards. */
  readonly undone: readonly BlockRef[]
}

/** Which of the two chains of a position is meant. */
export type ChainName = keyof Position

/**
 * What of the published chain, which ends in `end`, is not in the best chain any more; undefined where all of
 * it is. A block that the chain has forgotten (the process was killed before it kept the header, and the
 * network has left it behind) has its parent looked up in the sink.
 * @param last the sequence of the last message there, where `end` is the position of.
 * @throws PublishError `position-lost` where the messages that would tell are gone.
 */
export async function findUndone(
  chain: ChainAccess,
  sink: Pick<PublishSink, 'at'>,
  name: ChainName,
  end: BlockRef,
  last: number,
): Promise<UndoneBlocks | undefined> {
  const undone: BlockRef[] = []
  let at = end
  const isKnown = (): boolean => chain.heightOf(at.hash) !== undefined
  for (let sequence = last; !isKnown(); ) {
    const message = await sink.at(sequence)
    if (message === undefined) {
      throw new PublishError('position-lost', `The sink does not say what stood below block ${at.height}`, {
        sequence,
      })
    }
    const { piece, pieces, kind } = message
    const isWhole = piece === pieces && kind === KIND_OF[name]
    const headers = isWhole ? await headersIn(sink, sequence - pieces + 1, pieces, kind) : []
    for (let header = headers.pop(); header !== undefined && !isKnown(); header = headers.pop()) {
      if (!bytesEqual(blockHash(header), at.hash)) continue
      undone.push(at)
      at = { height: at.height - 1, hash: header.previousBlockHash }
    }
    sequence -= isWhole ? pieces : 1
  }
  return undoneInChain(chain, at, undone)
}

const KIND_OF = { headers: 'headers', blocks: 'block' } as const

/** The headers that a record of the sink holds: those of `headers`, or a block's own. */
async function headersIn(
  sink: Pick<PublishSink, 'at'>,
  first: number,
  pieces: number,
  kind: 'headers' | 'block',
): Promise<BlockHeader[]> {
  const parts: Uint8Array[] = []
  for (let index = 0; index < pieces && (kind === 'headers' || bytesOf(parts) < HEADER_SIZE); index++) {
    parts.push((await sink.at(first + index))?.payload ?? new Uint8Array(0))
  }
  const bytes = concatBytes(...parts)
  const count = kind === 'block' ? Math.min(1, bytes.length) : Math.floor(bytes.length / HEADER_SIZE)
  return Array.from({ length: count }, (_, index) =>
    decodeHeader(bytes.subarray(index * HEADER_SIZE, (index + 1) * HEADER_SIZE)),
  )
}

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

/** The same where the chain knows the block. */
export function undoneInChain(
  chain: ChainAccess,
  end: BlockRef,
  above: readonly BlockRef[] = [],
): UndoneBlocks | undefined {
  const undone = [...above]
  let at = end
  while (!chain.isActive(at.hash)) {
    undone.push(at)
    const hash = chain.get(at.hash)!.header.previousBlockHash
    at = { height: at.height - 1, hash }
  }
  return undone.length === 0 ? undefined : { fork: at, undone }
}
