import { regtest } from '@sapwood/wire-codec'
import { createPeer } from '@sapwood/peer'
import { accept, type ByteStream, type Transport } from '@sapwood/transport-v1v2'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { AddPeerOptions, NodeOptions } from '../src/index.ts'
import { FULL_NODE } from './support/addresses.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const THERE = '5.6.7.8:18444'
/** 1,001 of them, 30 bytes each. */
const TOO_MANY_ADDRESSES = Uint8Array.of(0xfd, 0xe9, 3, ...new Uint8Array(1_001 * 30))

/** A host at an address that takes connections, and the last connection there. */
function host(network: MemoryNetwork, clock: VirtualClock, address: string): { transport?: Transport } {
  const here: { transport?: Transport } = {}
  const serve = async (stream: ByteStream): Promise<void> => {
    const transport = await accept(stream, { network: regtest }, { clock })
    here.transport = transport
    createPeer(transport, { network: regtest, kind: 'inbound', version: { services: FULL_NODE } }, { clock })
  }
  network.answer(address, (stream) => void serve(stream).catch(() => undefined))
  return here
}

describe('a peer that was added by hand', () => {
  const misbehave = async (options: AddPeerOptions) => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const there = host(network, clock, THERE)
    const warnings: unknown[] = []
    const logger = { warn: (facts: unknown) => void warnings.push(facts) } as unknown as Logger
    const node = await startNode({ network, clock, address: '1.2.3.4:18444', components: { logger } })
    const ended: unknown[] = []
    node.events.on('peer-disconnected', ({ reason }) => void ended.push(reason))
    const connecting = node.network.connectPeer(THERE, options)
    await clock.advance(1_000)
    await connecting
    for (let times = 0; times < 3 && ended.length === 0; times++) {
      there.transport!.writer.send({ command: 'addr', payload: TOO_MANY_ADDRESSES })
      await clock.advance(1_000)
    }
    const seen = { peers: node.peers().length, ended: [...ended], warnings }
    await stopNodes(clock, node)
    return seen
  }

  it('is kept whatever it does that others are let go for, and that is logged once', async () => {
    const { peers, ended, warnings } = await misbehave({})
    expect(peers).toBe(1)
    expect(ended).toEqual([])
    expect(warnings).toMatchObject([{ kind: 'manual', reason: { blame: 'discourage' } }])
  })

  it('is let go as others are where it was given as one of the others', async () => {
    const { peers, ended } = await misbehave({ kind: 'outbound-full-relay' })
    expect(peers).toBe(0)
    expect(ended).toMatchObject([{ blame: 'discourage' }])
  })
})

describe('addPeer', () => {
  /** Two hosts that nobody is at are tried again and again; the slots are for two. */
  const setUp = async (node: Partial<NodeOptions>) => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    host(network, clock, THERE)
    const started = await startNode({ network, clock, address: '1.2.3.4:18444', node })
    return { clock, node: started }
  }

  it('dials the new address at once, whatever others are due at that moment', async () => {
    const { clock, node } = await setUp({
      addPeers: ['9.9.9.1', '9.9.9.2', '9.9.9.3'],
      slots: { manual: 1 },
    })
    for (let second = 0; second < 20; second++) {
      const outcome = node.addPeer(`7.7.7.${second}`).catch((error: unknown) => error)
      await clock.advance(500)
      const result = await outcome
      if (typeof result !== 'number') expect(result).toMatchObject({ name: 'NodeError', code: 'slots-full' })
      await clock.advance(500)
    }
    await stopNodes(clock, node)
  })

  it('is refused with the reason while the node stops', async () => {
    const { clock, node } = await setUp({})
    const stopping = node.stop()
    const outcomes: Promise<unknown>[] = []
    for (let turn = 0; turn < 40; turn++) {
      outcomes.push(
        // Once: how many of them come before the node refuses depends on nothing that is promised.
        node.addPeer(`7.7.7.${turn}`, { once: true }).then(
          () => 'begun',
          (error: unknown) => error,
        ),
      )
      await Promise.resolve()
    }
    await clock.advance(10_000)
    await stopping
    const said = await Promise.all(outcomes)
    for (const one of said.filter((outcome) => outcome !== 'begun'))
      expect(one).toMatchObject({ name: 'NodeError', code: 'stopped' })
    expect(said.at(-1)).toMatchObject({ code: 'stopped' })
  })
})
