import { asBlockHash, concatBytes, networks } from '@sapwood/wire-codec'
import { createNode } from '@sapwood/node'
import { streamPair } from '@sapwood/transport-v1v2'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { RegtestChain } from '../regtest/regtest-chain.ts'
import { startRegtestPeer } from '../regtest/regtest-peer.ts'
import { TestPeer } from '../test-peer/index.ts'
import { type Liar, listenLiar } from './liar.ts'
import { liars } from './liars.ts'

const chain = new RegtestChain({ blocks: 12 })

/** A peer that has dialled a liar. */
async function asking(liar: Liar, act: (peer: TestPeer) => Promise<void>): Promise<void> {
  await using lying = await listenLiar(liar)
  await using peer = await TestPeer.dial(lying.port)
  await act(peer)
}

const ASK = {
  type: 'getheaders',
  version: 70_016,
  locator: [networks.regtest.genesisHash],
  stopHash: asBlockHash(new Uint8Array(32)),
} as const

describe('a liar', () => {
  it('keeps the block that it is asked for, and sends another', async () => {
    await asking(liars.withheldBlocks(chain), async (peer) => {
      await peer.send(ASK)
      expect((await peer.expect('headers')).headers).toHaveLength(12)
      await peer.send({ type: 'getdata', inventory: [{ type: 2, hash: chain.at(9)!.hash }] })
      const { block } = await peer.expect('block')
      expect(block.header).toEqual(chain.at(1)!.block.header)
    })
  })

  it('has headers without work, or without an end', async () => {
    await asking(liars.unworkedHeaders(chain), async (peer) => {
      await peer.send(ASK)
      expect((await peer.expect('headers')).headers.map(({ bits }) => bits)).toEqual(
        Array.from({ length: 12 }, () => 0x1d00ffff),
      )
    })
    await asking(liars.lowWorkHeaders(), async (peer) => {
      await peer.send(ASK)
      expect((await peer.expect('headers')).headers).toHaveLength(2_000)
      expect(peer.version?.startHeight).toBe(1_000_000)
    })
  })

  it('floods with addresses', async () => {
    await asking(liars.addressFlood(chain), async (peer) => {
      for (let message = 0; message < 10; message++)
        expect((await peer.expect('addrv2')).addresses).toHaveLength(1_000)
    })
  })

  it('hides what a filter would find, and none of what it has blocks of', async () => {
    await using honest = await listenLiar(liars.honest(chain))
    await using lying = await listenLiar(liars.falseFilters(chain))
    expect(honest.port).not.toBe(lying.port)
    await using peer = await TestPeer.dial(lying.port)
    const stopHash = chain.tip
    await peer.send({ type: 'getcfilters', filterType: 0, startHeight: 1, stopHash })
    await peer.sync()
    const empty = peer.all('cfilter').filter(({ filter }) => filter.length === 1)
    expect(peer.count('cfilter')).toBe(12)
    expect(empty).toHaveLength(4)
  })

  it.each([
    ['connect', []],
    ['key', ['key']],
    ['version', ['key', 'encrypted']],
    ['verack', ['key', 'encrypted', 'version']],
    ['ping', ['key', 'encrypted', 'version', 'verack']],
    ['headers', ['key', 'encrypted', 'version', 'verack', 'pong']],
    ['blocks', ['key', 'encrypted', 'version', 'verack', 'pong', 'headers']],
  ] as const)('falls silent before %s, and not earlier', async (step, expected) => {
    const clock = createVirtualClock()
    const [ours, theirs] = streamPair()
    const liar = liars.silence(step, chain)
    void TestPeer.over(theirs, { role: 'responder', clock, ...liar.options })
      .then((lying) => liar.play(lying))
      .catch(() => undefined)
    await using peer = await TestPeer.over(ours, { role: 'initiator', handshake: 'none', clock })
    const steps: Record<string, () => Promise<unknown>> = {
      key: async () => {
        await peer.sendBytes(peer.v2.key)
        await peer.expectTransport('agreed')
      },
      encrypted: async () => {
        await peer.sendBytes(concatBytes(peer.v2.terminator, peer.v2.seal(new Uint8Array(0), {})))
        await peer.expectTransport('encrypted')
      },
      version: async () => {
        await peer.sendVersion()
        await peer.expect('version')
      },
      verack: async () => {
        await peer.send({ type: 'verack' })
        await peer.expect('verack')
      },
      pong: () => peer.expectAlive(),
      headers: async () => {
        await peer.send(ASK)
        await peer.expect('headers')
      },
      block: async () => {
        await peer.send({ type: 'getdata', inventory: [{ type: 2, hash: chain.tip }] })
        await peer.expect('block')
      },
    }
    const heard: string[] = []
    for (const [name, act] of Object.entries(steps)) {
      const done = act().then(
        () => true,
        () => false,
      )
      // Longer than anything is waited for.
      if (!(await Promise.race([done, clock.advance(60_000).then(() => done)]))) break
      heard.push(name)
    }
    expect(heard).toEqual(expected)
  })

  it('keeps a node of ours from nothing that an honest peer gives it', async () => {
    await using honest = await startRegtestPeer({ chain })
    await using withheld = await listenLiar(liars.withheldBlocks(chain))
    await using unworked = await listenLiar(liars.unworkedHeaders(chain))
    await using silent = await listenLiar(liars.silence('headers'))
    const connect = [withheld, unworked, silent].map(({ hostAndPort }) => hostAndPort)
    await using node = await createNode({
      network: networks.regtest,
      connect: [...connect, `127.0.0.1:${honest.port}`],
    })
    await node.chain.waitForHeight(12, { timeout: 60_000 })
    let read = 0
    for await (const block of node.blocks.range({ from: 1, to: 12 })) read += block.height > 0 ? 1 : 0
    expect(read).toBe(12)
  })
})
