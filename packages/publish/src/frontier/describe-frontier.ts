import { formatPeerAddress, networks, parsePeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { afterEach, describe, expect, it } from 'vitest'
import { type Claim, FORGOTTEN_AFTER, type Frontier, MAX_PORTS_OF_HOST } from './frontier.ts'
import type { KnownNode, NodeFacts } from './known-node.ts'

/** A frontier without any address, its first worker, and what can happen to it. */
export interface FrontierFixture {
  readonly frontier: Frontier
  /** One more worker on the same frontier. */
  readonly join: (worker: string) => Promise<Frontier>
  /** All workers say nothing any more, and one comes that finds what was kept. */
  readonly reopen: () => Promise<Frontier>
  /** What waits for time to pass gets it: on a virtual clock it is moved on until that has settled. */
  readonly settled: <T>(waiting: Promise<T>) => Promise<T>
  /** Called after the test. */
  close?(): Promise<void>
}

/** How the frontier of one test is made. */
export interface FrontierConformance {
  /** Of regtest, with these milliseconds; both are at least a second or 0. */
  open(options: { readonly deadline: number; readonly hostPause: number }): Promise<FrontierFixture>
}

const FACTS: NodeFacts = { transport: 'v2', services: 1033n, version: 70_016, userAgent: '/a/', height: 7 }
/** Milliseconds for one visit, and between two of one host, where a test waits for them; and for nothing. */
const DEADLINE = 1_000
const REST = 1_200
const LONG = 600_000

/** What every `Frontier` has to do, as vitest tests. Call it at the top of a test file. */
export function describeFrontier(name: string, conformance: FrontierConformance): void {
  const signal = new AbortController().signal
  const opened: FrontierFixture[] = []
  const open = async ({ deadline = LONG, hostPause = 0 } = {}): Promise<FrontierFixture> => {
    const fixture = await conformance.open({ deadline, hostPause })
    opened.push(fixture)
    return fixture
  }
  afterEach(async () => {
    for (const fixture of opened.splice(0)) await fixture.close?.()
  })

  describe(`Frontier: ${name}`, () => {
    it('hands out each address once, over two workers, and then says that the round is over', async () => {
      const { frontier, join, settled } = await open()
      const other = await join('other')
      expect(await frontier.add(nodes(0, 40))).toBe(40)
      expect(await other.add(nodes(20, 50))).toBe(10)
      const visited = await settled(
        Promise.all([frontier, other].map((worker) => visitAll(worker, (claim) => claim.done(FACTS, [])))),
      )
      expect(visited.flat().sort()).toEqual(texts(nodes(0, 50)))
      expect(await frontier.counts()).toMatchObject({ round: 1, known: 50, open: 0 })
    })

    it('takes up what a visit has found, before the round can be over', async () => {
      const { frontier, settled } = await open()
      await frontier.add(nodes(0, 1))
      const given = [nodes(0, 4), nodes(2, 6), [], [], [], []]
      const added: number[] = []
      const visited = await settled(
        visitAll(frontier, async (claim) => {
          const done = await claim.done(FACTS, given.shift()!)
          added.push(done.added)
          return done
        }),
      )
      expect(visited.sort()).toEqual(texts(nodes(0, 6)))
      expect(added).toEqual([3, 2, 0, 0, 0, 0])
    })

    it('gives no host to two at a time, whatever the port, nor before it has rested', async () => {
      const { frontier, join, settled } = await open({ hostPause: REST })
      const other = await join('other')
      await frontier.add([at('10.0.0.1:1'), at('10.0.0.1:2')])
      // One only: a request for more would have what is offered again.
      const [first] = await settled(frontier.claim(1, signal))
      await frontier.add([at('10.0.0.2:1')])
      const meanwhile = await settled(other.claim(2, signal))
      expect(texts(meanwhile.map(({ address }) => address))).toEqual(['10.0.0.2:1'])
      await meanwhile[0]!.done(FACTS, [])
      await first!.done(FACTS, [])
      const second = await settled(other.claim(2, signal))
      const both = ['10.0.0.1:1', '10.0.0.1:2']
      expect(texts([first!, ...second].map(({ address }) => address))).toEqual(both)
    })

    it('hands out anew what a worker had that is gone, and counts it once', async () => {
      const { frontier, join, settled } = await open({ deadline: DEADLINE })
      await frontier.add(nodes(0, 3))
      const gone = await join('gone')
      const lost = await settled(gone.claim(2, signal))
      expect(lost.length).toBeGreaterThan(0)
      const late = lost[0]!
      const visited = await settled(visitAll(frontier, (claim) => claim.done(FACTS, [])))
      expect(visited.sort()).toEqual(texts(nodes(0, 3)))
      expect(await settled(late.done(FACTS, []))).toMatchObject({ counted: false })
      expect(await all(frontier)).toHaveLength(3)
    })

    it('hands out at once what a worker gives back, or had when it left', async () => {
      const { frontier, join, settled } = await open({ hostPause: LONG })
      await frontier.add(nodes(0, 2))
      const leaving = await join('leaving')
      const first = await settled(claimed(leaving, 2))
      await first[0]!.release()
      await leaving.close()
      const visited = await settled(visitAll(frontier, (claim) => claim.failed('refused')))
      expect(visited.sort()).toEqual(texts(nodes(0, 2)))
    })

    it('hands out at once what a worker had that left while it asked for more', async () => {
      const { frontier, join, settled } = await open()
      await frontier.add(nodes(0, 2))
      const leaving = await join('leaving')
      await settled(claimed(leaving, 2))
      const waiting = leaving.claim(5, signal)
      await arrived(leaving)
      await settled(leaving.close())
      await arrived(frontier)
      expect(await settled(waiting)).toEqual([])
      const visited = await settled(visitAll(frontier, (claim) => claim.failed('refused')))
      expect(visited.sort()).toEqual(texts(nodes(0, 2)))
    })

    it('hands out at once what is given back after work was asked for in vain', async () => {
      const { frontier, join, settled } = await open()
      await frontier.add(nodes(0, 2))
      const stopping = await join('stopping')
      const claims = await settled(claimed(stopping, 2))
      const stop = new AbortController()
      const waiting = stopping.claim(5, stop.signal)
      await arrived(stopping)
      stop.abort()
      expect(await settled(waiting)).toEqual([])
      await settled(Promise.all(claims.map((claim) => claim.release())))
      await arrived(stopping)
      const visited = await settled(visitAll(frontier, (claim) => claim.failed('refused')))
      expect(visited.sort()).toEqual(texts(nodes(0, 2)))
    })

    it('waits for what others have, and takes what they find', async () => {
      const { frontier, join, settled } = await open()
      const other = await join('other')
      await frontier.add(nodes(0, 1))
      const [only] = await settled(frontier.claim(1, signal))
      const waiting = other.claim(5, signal)
      await settled(only!.done(FACTS, nodes(1, 2)))
      expect((await settled(waiting)).map(({ address }) => address)).toEqual(nodes(1, 2))
    })

    it('begins a round when the last is over, and not too soon', async () => {
      const { frontier, settled } = await open()
      await frontier.add(nodes(0, 2))
      expect(await settled(frontier.beginRound({ after: 0 }))).toBe(false)
      await settled(visitAll(frontier, (claim) => claim.done(FACTS, [])))
      expect(await settled(frontier.beginRound({ after: LONG }))).toBe(false)
      expect(await settled(frontier.beginRound({ after: 0 }))).toBe(true)
      expect(await settled(frontier.beginRound({ after: 0 }))).toBe(false)
      const visited = await settled(visitAll(frontier, (claim) => claim.failed('gone')))
      expect(visited.sort()).toEqual(texts(nodes(0, 2)))
      expect((await all(frontier)).map(({ round, reached }) => [round, reached])).toEqual([
        [2, false],
        [2, false],
      ])
    })

    it('forgets what has not answered for some rounds, and takes it up when it is heard of again', async () => {
      const { frontier, settled } = await open()
      await frontier.add(nodes(0, 1))
      for (let round = 1; round <= FORGOTTEN_AFTER; round++) {
        expect(await settled(visitAll(frontier, (claim) => claim.failed('gone')))).toHaveLength(1)
        expect(await settled(frontier.beginRound({ after: 0 }))).toBe(true)
      }
      expect(await settled(frontier.claim(1, signal))).toEqual([])
      expect(await all(frontier)).toEqual([])
      expect(await frontier.add(nodes(0, 1))).toBe(1)
    })

    it('says what was learnt, when, and by whom', async () => {
      const { join, settled } = await open()
      const worker = await join('w7')
      await worker.add([at('[2001:db8::1]:8333'), at('10.0.0.2:1'), at('10.0.0.3:1')])
      const [first, second] = await settled(claimed(worker, 2))
      await first!.done(FACTS, [])
      await second!.failed('refused')
      const known = new Map((await all(worker)).map((node) => [formatPeerAddress(node.address), node]))
      const stamp = { round: 1, lastTry: expect.any(Number) as number, worker: 'w7' }
      const [one, two] = [first!, second!].map(({ address }) => known.get(formatPeerAddress(address)))
      expect(one).toEqual({ address: first!.address, ...stamp, ...FACTS, reached: true, failures: 0 })
      const failed = { reached: false, failures: 1, failure: 'refused' }
      expect(two).toEqual({ address: second!.address, ...stamp, ...failed })
      expect([...known.values()].filter(({ round }) => round === 0)).toHaveLength(1)
    })

    it('has what was settled when all are gone, and hands out the rest anew', async () => {
      const { frontier, reopen, settled } = await open({ deadline: DEADLINE })
      await frontier.add(nodes(0, 4))
      const claims = await settled(claimed(frontier, 3))
      await claims[0]!.done(FACTS, nodes(10, 11))
      const again = await reopen()
      const visited = await settled(visitAll(again, (claim) => claim.done(FACTS, [])))
      const expected = texts([...nodes(0, 4), ...nodes(10, 11)])
      expect(visited.sort()).toEqual(
        expected.filter((text) => text !== formatPeerAddress(claims[0]!.address)),
      )
    })

    it('is flooded with the ports of one host by no more than a few', async () => {
      const { frontier } = await open()
      const flood = Array.from({ length: 1_000 }, (_, port) => at(`10.9.9.9:${port + 1}`))
      expect(await frontier.add(flood)).toBe(MAX_PORTS_OF_HOST)
      expect(await frontier.counts()).toMatchObject({ known: MAX_PORTS_OF_HOST })
    })

    it('ends a wait by its signal, and loses nothing by it', async () => {
      const { frontier, settled } = await open()
      await frontier.add(nodes(0, 1))
      const [only] = await settled(frontier.claim(1, signal))
      const giveUp = new AbortController()
      const waiting = frontier.claim(1, giveUp.signal)
      giveUp.abort()
      expect(await settled(waiting)).toEqual([])
      await only!.done(FACTS, nodes(1, 2))
      expect(await settled(visitAll(frontier, (claim) => claim.done(FACTS, [])))).toEqual(texts(nodes(1, 2)))
    })
  })
}

/** Nodes of these numbers, each a host of its own. */
function nodes(from: number, before: number): readonly PeerAddress[] {
  return Array.from({ length: before - from }, (_, index) =>
    at(`10.1.${(from + index) >> 8}.${(from + index) & 255}:8333`),
  )
}

function at(text: string): PeerAddress {
  return parsePeerAddress(text, { defaultPort: networks.regtest.defaultPort })
}

function texts(addresses: readonly PeerAddress[]): readonly string[] {
  return addresses.map(formatPeerAddress).sort()
}

/** What was said before has come to wherever the frontier is: a few answers have come back from there. */
async function arrived(frontier: Frontier): Promise<void> {
  for (let answers = 0; answers < 5; answers++) await frontier.counts()
}

/** Visits until the round is over. @returns those of which the visit counted. */
async function visitAll(
  frontier: Frontier,
  visit: (claim: Claim) => Promise<{ readonly counted: boolean }>,
): Promise<string[]> {
  const visited: string[] = []
  for (;;) {
    const claims = await frontier.claim(8, new AbortController().signal)
    if (claims.length === 0) return visited
    for (const claim of claims) {
      if ((await visit(claim)).counted) visited.push(formatPeerAddress(claim.address))
    }
  }
}

/** So many at the same time, in however many portions they come. */
async function claimed(frontier: Frontier, count: number): Promise<readonly Claim[]> {
  const claims: Claim[] = []
  while (claims.length < count) {
    const more = await frontier.claim(count - claims.length, new AbortController().signal)
    if (more.length === 0) break
    claims.push(...more)
  }
  return claims
}

async function all(frontier: Frontier): Promise<readonly KnownNode[]> {
  const known: KnownNode[] = []
  for await (const node of frontier.snapshot()) known.push(node)
  return known
}
