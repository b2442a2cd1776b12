import type { DialOptions, TestPeer } from '@sapwood/integration/test-peer'
import type { ListeningCase } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'

type Facts = Omit<ListeningCase, 'side' | 'run' | 'since'> & { readonly since?: string }

/** The first version of the suite. */
export const FIRST = '0.1.0'

/** A case for software that listens. */
export function listening(facts: Facts, run: ListeningCase['run']): ListeningCase {
  return { side: 'listens', since: FIRST, ...facts, run }
}

/**
 * What becomes of a connection: `closed`, or `alive` where it answers two pings, one after the other. The end
 * may be a thread behind the first answer.
 */
export async function fateOf(peer: TestPeer): Promise<'closed' | 'alive'> {
  return (await peer.fate()) === 'closed' ? 'closed' : await peer.fate()
}

/**
 * A case in which something is sent on a connection that is ready, and the question is what becomes of that.
 */
export function afterwards(
  facts: Facts,
  act: (peer: TestPeer, stage: ListeningStage) => Promise<void>,
  options: DialOptions = {},
): ListeningCase {
  return listening(facts, async (stage) => {
    const peer = await stage.dial(options)
    await act(peer, stage)
    return await fateOf(peer)
  })
}
