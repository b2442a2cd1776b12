import { type BlockHash, blockHash, MAX_HEADERS_RESULTS } from '@sapwood/wire-codec'
import type { HeaderChain } from './header-chain.ts'
import type { HeaderPeer } from './header-peer.ts'
import type { HeaderSource } from './header-source.ts'

/** What a `getheaders` asks for: headers after `after`, which we do not have, and which follows `from`. */
export interface NextQuestion {
  readonly from: BlockHash
  readonly after: BlockHash
}

/**
 * What is asked for once these headers have been checked, unless they break a rule; undefined where that is
 * not certain before. It takes one hash. Only for answers of peers that we dialled: whoever dials us has us
 * ask for nothing that he has not shown to lead somewhere.
 * @param requiredWork that the chain which they build on must have: with less they are not gone on with, or
 * are from then on looked at in another way.
 */
export function nextQuestion(
  peer: HeaderPeer,
  source: HeaderSource,
  chain: Pick<HeaderChain, 'get' | 'heightOf'>,
  requiredWork: bigint,
): NextQuestion | undefined {
  const isFullAnswer = peer.askedAt !== undefined && source.length === MAX_HEADERS_RESULTS
  if (!peer.facts.preferred || !isFullAnswer) return undefined
  const first = source.first!
  const after = blockHash(source.last!)
  const { lowWork } = peer
  if (lowWork !== undefined)
    return lowWork.goesOnAfter(first, source.bits()) ? { from: lowWork.start, after } : undefined
  const start = chain.get(first.previousBlockHash)
  const isNews = chain.heightOf(after) === undefined
  return isNews && start !== undefined && start.work >= requiredWork ? { from: start.hash, after } : undefined
}
