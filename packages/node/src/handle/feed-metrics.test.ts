import { pino } from 'pino'
import { Counter, Gauge, Registry } from 'prom-client'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { mineBlocks, regtest } from '../../test/support/make-chain.ts'
import { createMemoryNetwork } from '../../test/support/memory-network.ts'
import { startNode, stopNodes } from '../../test/support/start-node.ts'
import { FULL_NODE } from '../../test/support/addresses.ts'

describe('metrics and logs', () => {
  it('are fed to real collectors of prom-client, and to a pino logger', async () => {
    const register = new Registry()
    const shape = (name: string, ...labelNames: string[]) => ({
      name,
      help: name,
      labelNames,
      registers: [register],
    })
    const lines: string[] = []
    const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const blocks = mineBlocks(regtest.genesis, 0, 3)
    const serving = await startNode({
      network,
      clock,
      address: '5.6.7.8:18444',
      blocks,
      node: { services: FULL_NODE },
    })
    const node = await startNode({
      network,
      clock,
      address: '1.2.3.4:18444',
      components: {
        logger,
        metrics: {
          connections: new Gauge(shape('connections', 'kind', 'protocol')),
          dials: new Counter(shape('dials', 'kind', 'outcome')),
          disconnects: new Counter(shape('disconnects', 'kind', 'code')),
          addresses: new Gauge(shape('addresses', 'table')),
          tipHeight: new Gauge(shape('tip_height')),
          blocksReceived: new Counter(shape('blocks')),
          blockBytes: new Counter(shape('block_bytes')),
          memory: new Gauge(shape('memory', 'purpose')),
          memoryEvictions: new Counter(shape('memory_evictions')),
          eventLoopDelay: new Gauge(shape('event_loop_delay', 'of')),
          eventsDropped: new Counter(shape('events_dropped')),
        },
      },
    })
    expect(await register.metrics()).toContain('connections{kind="manual",protocol="v2"} 0')
    const connecting = node.network.connectPeer('5.6.7.8:18444')
    const failing = node.addPeer('9.9.9.9:18444', { once: true })
    await clock.advance(2_000)
    const { peer } = await connecting
    // Not only with the next look, which is every 5 s.
    expect(await register.metrics()).toContain('connections{kind="manual",protocol="v2"} 1')
    await clock.advance(8_000)
    await failing
    const seen: number[] = []
    const reading = (async () => {
      for await (const { height } of node.blocks.range({ from: 1, to: 3 })) seen.push(height)
    })()
    await clock.advance(10_000)
    await reading
    expect(seen).toEqual([1, 2, 3])
    const before = await register.metrics()
    expect(before).toContain('connections{kind="manual",protocol="v2"} 1')
    expect(before).toContain('dials{kind="manual",outcome="connected"} 1')
    expect(before).toContain('dials{kind="manual",outcome="failed"} 1')
    expect(before).toContain('tip_height 3')
    expect(before).toContain('blocks 3')
    expect(before).toMatch(/memory\{purpose="reading"\} \d+/)
    expect(before).toContain('memory_evictions 0')
    expect(before).toContain('event_loop_delay{of="max"} 0')
    expect(before).toContain('events_dropped 0')
    const ending = node.disconnectPeer(peer)
    await clock.advance(200)
    await ending
    expect(await register.metrics()).toContain('disconnects{kind="manual",code="requested"} 1')
    await stopNodes(clock, node, serving)
    expect(clock.pendingTimers).toBe(0)
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain('state loaded')
  })
})
