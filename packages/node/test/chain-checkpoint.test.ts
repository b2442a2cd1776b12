import { type Block, blockHash, type BlockHeader, bytesToHex, networks, Services } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { type ChainCheckpoint, createMemoryStore, createNode, type NodeHandle } from '../src/index.ts'
import { HeaderFetcher, type HeaderFetcherComponents } from '../src/loop/header-fetcher.ts'
import { FULL_NODE } from './support/addresses.ts'
import { filterServices } from './support/filter-services.ts'
import { coinbaseAt, mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { blockServices, startNode, stopNodes } from './support/start-node.ts'

const BASE = 200
const HEIGHT = 230
const SCRIPT = Uint8Array.of(0x51)
const genesis: Block = { header: regtest.genesis, transactions: [coinbaseAt(0)] }
const chain: readonly Block[] = [genesis, ...mineBlocks(regtest.genesis, 0, HEIGHT)]
/** On regtest each block has the work of two hashes. */
const checkpoint: ChainCheckpoint = {
  height: BASE,
  header: chain[BASE]!.header,
  chainWork: 2n * BigInt(BASE + 1),
}

describe('a chain that begins with a checkpoint', () => {
  it('keeps nothing below, follows filters above, and goes on from its store without being told again', async () => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const store = createMemoryStore()
    const run = async <T>(promise: Promise<T>): Promise<T> => {
      const state = { settled: false }
      void promise.finally(() => (state.settled = true)).catch(() => undefined)
      for (let step = 0; step < 600 && !state.settled; step++) await clock.advance(100)
      return promise
    }
    const server = await startNode({
      network,
      clock,
      address: '1.2.3.4:18444',
      node: { services: FULL_NODE | Services.COMPACT_FILTERS },
      components: { services: { ...blockServices(chain), ...filterServices(() => chain) } },
    })
    await run(server.chain.submitHeaders(chain.slice(1).map(({ header }) => header)))
    const start = async (options: object): Promise<NodeHandle> => {
      const node = await startNode({
        network,
        clock,
        address: '9.9.9.9:18444',
        node: { filters: true, ...options },
        components: { store },
      })
      await run(node.network.connectPeer('1.2.3.4:18444'))
      await run(node.chain.waitForHeight(HEIGHT))
      return node
    }
    for (const options of [{ checkpoint }, {}]) {
      const node = await start(options)
      expect([node.chain.base, node.chain.size]).toEqual([BASE, HEIGHT - BASE + 1])
      expect(node.chain.tip().work).toBe(server.chain.tip().work)
      expect(node.chain.hashAt(BASE - 1)).toBeUndefined()
      expect(node.chain.headerAt(BASE)).toEqual(chain[BASE]!.header)
      expect(node.chain.locator().at(-1)).toEqual(blockHash(chain[BASE]!.header))
      const header = await run(node.filters.headerAt(HEIGHT))
      const stream = node.filters.follow({ scripts: [SCRIPT], from: BASE })
      for (let height = BASE; height < BASE + 3; height++)
        expect((await run(stream.next())).value).toMatchObject({ type: 'block', height })
      await run(stream.return!())
      const refused = { code: 'invalid-argument', limit: BASE }
      await expect(run(node.filters.headerAt(BASE - 1))).rejects.toMatchObject(refused)
      expect(() => node.filters.follow({ from: BASE - 1 })).toThrow(/Not a range/)
      await expect(run(node.blocks.follow({ from: 1 }).next())).rejects.toMatchObject(refused)
      const below = node.chain.headersBelow(BASE - 3)
      for (let height = BASE - 1; height >= BASE - 3; height--) {
        const { header } = chain[height]!
        expect((await run(below.next())).value).toEqual({ height, hash: blockHash(header), header })
      }
      expect((await run(below.next())).done).toBe(true)
      expect(() => node.chain.headersBelow(BASE)).toThrow(/not below/)
      expect(node.chain.size).toBe(HEIGHT - BASE + 1)
      await stopNodes(clock, node)
      expect(bytesToHex(header)).toHaveLength(64)
    }
    await stopNodes(clock, server)
  })

  it('takes a header below it from whoever has it, and nothing that the one above does not name', async () => {
    const asked: string[] = []
    const good = chain[BASE - 1]!.header
    const answers: Record<string, () => Promise<readonly BlockHeader[]>> = {
      liar: () => Promise.resolve([{ ...good, nonce: good.nonce + 1 }]),
      twice: () => Promise.resolve([good, good]),
      silent: () => Promise.reject(new Error('too late')),
      honest: () => Promise.resolve([good]),
    }
    const ready = Object.entries(answers).map(([name, answer]) => ({
      kind: 'manual',
      leaving: false,
      version: { services: FULL_NODE },
      peer: {
        getHeaders: () => {
          asked.push(name)
          return answer()
        },
      },
    }))
    const fetcher = new HeaderFetcher({
      table: { ready: () => ready },
      calls: { call: (_: string, act: () => unknown) => Promise.resolve(act()) },
      events: { next: () => Promise.reject(new Error('nobody came')) },
    } as unknown as HeaderFetcherComponents)
    const { signal } = new AbortController()
    expect(await fetcher.fetch(chain[BASE]!.header.previousBlockHash, signal)).toEqual(good)
    expect(asked).toEqual(['liar', 'twice', 'silent', 'honest'])
  })

  it('waits for no stranger while a peer that it dialled has the headers, and asks first who had the last', async () => {
    const asked: number[] = []
    const peers = ['inbound', 'inbound', 'outbound-full-relay', 'outbound-full-relay', 'inbound']
    const ready = peers.map((kind, id) => ({
      id,
      kind,
      leaving: false,
      version: { services: FULL_NODE },
      peer: {
        getHeaders: ({ stopHash }: { readonly stopHash: Uint8Array }) => {
          asked.push(id)
          const wanted = chain.filter(({ header }) => bytesToHex(blockHash(header)) === bytesToHex(stopHash))
          return id === 3 ? Promise.resolve(wanted.map(({ header }) => header)) : Promise.resolve([])
        },
      },
    }))
    const fetcher = new HeaderFetcher({
      table: { ready: () => ready },
      calls: { call: (_: string, act: () => unknown) => Promise.resolve(act()) },
      events: { next: () => Promise.reject(new Error('nobody came')) },
    } as unknown as HeaderFetcherComponents)
    const { signal } = new AbortController()
    for (let height = BASE; height > BASE - 3; height--)
      await fetcher.fetch(chain[height]!.header.previousBlockHash, signal)
    expect(asked).toEqual([2, 3, 3, 3])
  })

  it('is refused where it can be none', async () => {
    const refused = { code: 'invalid-argument', detail: 'checkpoint' }
    const header = chain[BASE]!.header
    const tries: readonly ChainCheckpoint[] = [
      { ...checkpoint, height: 0 },
      { ...checkpoint, header: { ...header, bits: 0x1d00ffff } },
      { ...checkpoint, header: { ...header, bits: 0x2100ffff } },
      { ...checkpoint, chainWork: 2n * BigInt(BASE + 1) - 1n },
      { ...checkpoint, chainWork: 1n << 128n },
    ]
    for (const each of tries)
      await expect(createNode({ network: regtest, checkpoint: each })).rejects.toMatchObject(refused)
    const main = { network: networks.main, checkpoint: { ...checkpoint, height: 2_015 } }
    await expect(createNode(main)).rejects.toThrow(/no multiple of 2016/)
    const options = { network: regtest, checkpoint, utreexo: true }
    await expect(createNode(options)).rejects.toMatchObject(refused)
  })
})
