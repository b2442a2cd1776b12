import type { TestPeer } from '@sapwood/integration/test-peer'
import { asBlockHash, type BlockHash } from '@sapwood/wire-codec'
import type { ListeningCase, Need } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { afterwards, listening } from './case-builders.ts'

/** No stop, in a `getheaders` or `getblocks`. */
export const NO_HASH: BlockHash = asBlockHash(new Uint8Array(32))
/** Of a block that there is not. */
export const UNKNOWN_HASH: BlockHash = asBlockHash(new Uint8Array(32).fill(0x5a))
interface Needs {
  readonly needs: readonly Need[]
}
/** What a case needs that is about headers, which nodes without blocks have too. */
export const CHAIN: Needs = { needs: ['chain'] }
/** What a case needs that is about the target's own blocks. */
export const BLOCKS: Needs = { needs: ['chain', 'network'] }
/** What a case needs that is about blocks given out in parts (BIP152). */
export const COMPACT: Needs = { needs: ['chain', 'network', 'compact-blocks'] }

type Level = ListeningCase['level']
type Send = (peer: TestPeer, stage: ListeningStage) => Promise<void>

/** A case that sends something, and asks what becomes of the connection. */
export function fate(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  send: Send,
  more: { readonly level?: Level; readonly needs?: readonly Need[]; readonly since?: string } = {},
): ListeningCase {
  const { level = 'core', ...rest } = more
  return afterwards({ name, level, source: { place, says }, accepts, ...rest }, send)
}

/** A case that asks for something on a connection that is ready, and tells what came. */
export function sees(
  name: string,
  place: string,
  says: string,
  accepts: readonly string[],
  run: (peer: TestPeer, stage: ListeningStage) => Promise<string>,
  more: { readonly level?: Level; readonly needs?: readonly Need[] } = CHAIN,
): ListeningCase {
  const { level = 'core', needs } = more
  return listening(
    { name, level, source: { place, says }, accepts, ...(needs !== undefined && { needs }) },
    async (stage) => run(await stage.dial(), stage),
  )
}

/**
 * Answers what the target asks at the beginning: Core has one `getheaders` under way with a peer, for two
 * minutes.
 */
async function settle(peer: TestPeer): Promise<void> {
  await peer.sync()
  await peer.send({ type: 'headers', headers: [] })
  await peer.sync()
}

/**
 * Whether the target asks for headers once something was sent: one that works on several threads may do so
 * behind the answer to a ping.
 * @returns `getheaders`. @throws WireAssertionError where it does not ask.
 */
export async function asksForHeaders(peer: TestPeer, send: () => Promise<void>): Promise<string> {
  await settle(peer)
  const earlier = new Set(peer.all('getheaders'))
  await send()
  await peer.expect('getheaders', (message) => !earlier.has(message))
  return 'getheaders'
}
