import { hashToHex, regtest, Services } from '@sapwood/wire-codec'
import { createTcpListener } from '@sapwood/node'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind, RegtestChain } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

const HEIGHT = 300

describe('a real bitcoind follows our node', () => {
  it.each(['v2', 'v1'] as const)(
    'takes its headers and blocks from us over %s',
    async (protocol) => {
      const startTime = Math.floor(Date.now() / 1_000) - (HEIGHT + 20) * 600
      const chain = new RegtestChain({ blocks: HEIGHT, transactions: 2, startTime })
      await using node = await startNode(
        { services: Services.NETWORK | Services.WITNESS | Services.P2P_V2 },
        {
          listeners: [createTcpListener()],
          services: { block: (hash) => chain.byHash(hash)?.bytes },
        },
      )
      await node.chain.submitHeaders(chain.headers)
      expect(node.chain.tip().height).toBe(HEIGHT)

      await using bitcoind = await RegtestBitcoind.start()
      const ready = node.events.next('peer-ready', { timeout: 30_000 })
      await bitcoind.rpc('addnode', node.network.listening()[0], 'onetry', protocol === 'v2')
      expect((await ready).protocol).toBe(protocol)
      const answer = await bitcoind.rpc<{ height: number; hash: string }>(
        'waitforblockheight',
        HEIGHT,
        60_000,
      )
      expect(answer).toEqual({ height: HEIGHT, hash: hashToHex(chain.tip) })
      expect(node.peers()[0]).toMatchObject({ inbound: true, transport: protocol })
      expect(node.info().network).toMatchObject({
        connectionsIn: 1,
        localServicesNames: expect.arrayContaining(['NETWORK']),
      })
      expect(regtest.name).toBe(node.info().blockchain.chain)
    },
    90_000,
  )
})
