import { type BlockHash, type BlockHeader, blockHash, bytesEqual, type Network } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { alice, NOON, seededRandom, wallTime } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from './header-chain.ts'
import { HeaderSync } from './header-sync.ts'
import { LowWorkSync } from './low-work-sync.ts'
import type { HeaderSyncAction } from './header-sync-action.ts'
import { headersOf } from './header-source.ts'

/** As regtest, with the parameters of the two phases made small. */
const network: Network = { ...regtest, headersSync: { commitmentPeriod: 50, redownloadBufferSize: 500 } }
const minimumChainWork = 2n * 5000n

const honest = mineHeaders(regtest.genesis, 7300)

/** Answers `getheaders` from a chain, as a peer does. */
function answer(headers: readonly BlockHeader[], locator: readonly BlockHash[]): BlockHeader[] {
  for (const hash of locator) {
    if (bytesEqual(hash, regtest.genesisHash)) return headers.slice(0, 2000)
    const index = headers.findIndex((header) => bytesEqual(blockHash(header), hash))
    if (index >= 0) return headers.slice(index + 1, index + 2001)
  }
  return []
}

interface Outcome {
  readonly chain: StorableHeaderChain
  readonly actions: HeaderSyncAction[]
  readonly messages: number
  /** Most headers that were kept while the peer had not shown enough work. */
  readonly keptEarly: number
  /** How far the peer's headers had been looked at, after each message. */
  readonly presynced: (number | undefined)[]
}

/** Lets a sync run against a peer whose chain may change from one message to the next. */
function run(peerChain: (message: number) => readonly BlockHeader[], random = 1): Outcome {
  const chain = new StorableHeaderChain({ network })
  const sync = new HeaderSync({ minimumChainWork }, { chain, random: seededRandom(random), wallTime })
  const all: HeaderSyncAction[] = []
  let messages = 0
  let keptEarly = 0
  const presynced: (number | undefined)[] = []
  let pending = sync.addPeer(alice, { preferred: true, protected: false, chainSync: 'exempt' }, NOON)
  for (;;) {
    all.push(...pending)
    const asked = pending.find((action) => action.type === 'send')
    if (asked?.type !== 'send' || asked.message.type !== 'getheaders' || messages > 50) break
    const headers = answer(peerChain(messages), asked.message.locator)
    pending = sync.onHeaders(alice, headersOf(headers), NOON)
    messages++
    presynced.push(sync.presyncedOf(alice))
    if (messages <= 3) keptEarly = Math.max(keptEarly, chain.size - 1)
  }
  return { chain, actions: all, messages, keptEarly, presynced }
}

describe('a chain that has not shown its work', () => {
  it('is downloaded twice, and kept the second time', () => {
    const { chain, messages, keptEarly, actions, presynced } = run(() => honest)
    expect(presynced.slice(0, 7)).toEqual([2000, 4000, 6000, 6000, 6000, undefined, undefined])
    expect(keptEarly).toBe(0)
    expect(chain.tip().height).toBe(7300)
    // 3 until 5,000 are seen, 3 more to see them again, then the rest.
    expect(messages).toBeLessThanOrEqual(9)
    expect(actions.filter(({ type }) => type === 'punish' || type === 'disconnect')).toEqual([])
  })

  it('leaves no trace when it ends with too little work', () => {
    const { chain, actions } = run(() => honest.slice(0, 4500))
    expect(chain.size).toBe(1)
    expect(actions.at(-1)).toEqual({ type: 'disconnect', peer: alice, reason: 'low-work-chain' })
  })

  it('is not even looked at twice when all of it fits one message', () => {
    const { chain, messages } = run(() => honest.slice(0, 1999))
    expect(chain.size).toBe(1)
    expect(messages).toBe(1)
  })

  it('is dropped where the second download is of another chain', () => {
    const other = mineHeaders(honest[99]!, 4000, 5)
    const swapped = [...honest.slice(0, 100), ...other]
    for (const seed of [1, 2, 3]) {
      const { chain } = run((message) => (message < 3 ? honest : swapped), seed)
      // One commitment in two gives it away, long before anything leaves the buffer.
      expect(chain.size).toBe(1)
    }
  })

  it('is given up when it has more headers than could have been made in its time', () => {
    const young: Network = { ...network, headersSync: { commitmentPeriod: 1, redownloadBufferSize: 500 } }
    const chain = new StorableHeaderChain({ network: young })
    // Five minutes, and two hours of clocks that differ, at six blocks a second: 45,000 headers at most.
    const now = (regtest.genesis.time * 1000 + 300_000) as typeof NOON
    const sync = new LowWorkSync(
      {
        network: young,
        start: chain.tip(),
        startMedianTime: regtest.genesis.time,
        requiredWork: 1n << 40n,
        now,
      },
      { random: seededRandom() },
    )
    const batch = mineHeaders(regtest.genesis, 2000)
    const hashes = batch.map(blockHash)
    let outcome = sync.next(batch, hashes).outcome
    let taken = 2000
    for (let parent = hashes.at(-1)!; outcome === 'more'; taken += 2000) {
      // Linked to what came before; the proof of work is not this object's to check.
      const linked = batch.map((header, i) => (i === 0 ? { ...header, previousBlockHash: parent } : header))
      parent = hashes.at(-1)!
      outcome = sync.next(linked, hashes).outcome
    }
    expect(outcome).toBe('failed')
    expect(taken).toBe(46_000)
  })

  it('costs its peer the connection when a header has no proof of work', () => {
    let bad = honest[2500]!
    while (blockHash(bad)[31]! < 0x80) bad = { ...bad, nonce: bad.nonce + 1 }
    const { chain, actions } = run(() => [...honest.slice(0, 2500), bad, ...honest.slice(2501)])
    expect(actions.at(-1)).toMatchObject({ type: 'punish', reason: 'invalid-header' })
    expect(chain.size).toBe(1)
  })

  it('is kept at once where it adds to a chain that has shown its work', () => {
    const chain = new StorableHeaderChain({ network })
    chain.accept(honest.slice(0, 6000), NOON)
    const sync = new HeaderSync({ minimumChainWork }, { chain, random: seededRandom(), wallTime })
    sync.addPeer(alice, { preferred: true, protected: false, chainSync: 'exempt' }, NOON)
    sync.onHeaders(alice, headersOf(honest.slice(6000, 6010)), NOON)
    expect(chain.tip().height).toBe(6010)
  })

  it('is not kept where it forks off more than 144 blocks below the tip', () => {
    const chain = new StorableHeaderChain({ network })
    chain.accept(honest, NOON)
    const sync = new HeaderSync({ minimumChainWork }, { chain, random: seededRandom(), wallTime })
    sync.addPeer(alice, { preferred: true, protected: false, chainSync: 'exempt' }, NOON)
    const deep = mineHeaders(honest[6999]!, 100, 4)
    sync.onHeaders(alice, headersOf(deep), NOON)
    expect(chain.size).toBe(7301)
    const shallow = mineHeaders(honest[7199]!, 100, 4)
    sync.onHeaders(alice, headersOf(shallow), NOON)
    expect(chain.size).toBe(7401)
  })
})
