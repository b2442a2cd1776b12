import { readFileSync } from 'node:fs'
import { ProtocolVersion, regtest } from '@sapwood/wire-codec'
import { createPeer, DEFAULT_USER_AGENT, type PeerVersion } from '@sapwood/peer'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { NodeComponents, NodeInfo, NodeOptions } from '../src/index.ts'
import { mineBlocks } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const THERE = '5.6.7.8:18444'
const blocks = mineBlocks(regtest.genesis, 0, 3)

interface Said {
  /** By the node, of itself. */
  readonly info: NodeInfo
  /** By the node, to a peer. */
  readonly heard: PeerVersion
}

async function listen(node: Partial<NodeOptions>, components: Partial<NodeComponents> = {}): Promise<Said> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const hearing = new Promise<PeerVersion>((resolve, reject) => {
    const hear = async (stream: ByteStream): Promise<void> => {
      const transport = await accept(stream, { network: regtest }, { clock })
      const peer = createPeer(transport, { network: regtest, kind: 'inbound' }, { clock })
      resolve(await peer.handshake)
    }
    network.answer(THERE, (stream) => void hear(stream).catch(reject))
  })
  const started = await startNode({ network, clock, address: '1.2.3.4:18444', node, components, blocks })
  void started.addPeer(THERE)
  await clock.advance(1_000)
  const heard = await hearing
  const info = started.info()
  await stopNodes(clock, started)
  return { info, heard }
}

describe('what a node says of itself', () => {
  it.each<[string, Partial<NodeOptions>, Partial<NodeComponents>]>([
    ['by default', {}, {}],
    ['where it serves nothing', {}, { services: {} }],
    ['with options of its own', { userAgent: '/mine:1/', services: 0x408n, relayTransactions: false }, {}],
  ])('is what its peers hear, %s', async (_, options, components) => {
    const { info, heard } = await listen(options, components)
    expect(heard).toMatchObject({
      version: info.network.protocolVersion,
      services: info.network.localServices,
      userAgent: info.network.subversion,
      startHeight: info.blockchain.headers,
      relay: info.network.localRelay,
    })
  })

  it('is what its documentation and its package say', async () => {
    const { info } = await listen({})
    const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
    for (const path of ['../package.json', '../../peer/package.json']) {
      expect(JSON.parse(read(path))).toMatchObject({ version: info.network.version })
    }
    expect(info.network).toMatchObject({
      protocolVersion: ProtocolVersion.CURRENT,
      subversion: DEFAULT_USER_AGENT,
    })
    expect(DEFAULT_USER_AGENT).toBe(`/sapwood:${info.network.version}/`)
    expect(info.network.localServicesNames).toEqual(['NETWORK', 'WITNESS', 'NETWORK_LIMITED', 'P2P_V2'])
  })
})
