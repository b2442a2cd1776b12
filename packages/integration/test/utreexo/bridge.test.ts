import { hashToHex, regtest } from '@sapwood/wire-codec'
import { createMemoryStore, createNode, createTcpListener } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { describe, expect, it } from 'vitest'
import { mineWithPayments, RegtestBitcoind } from '../../src/index.ts'

describe('a bridge on a real bitcoind', () => {
  it('follows its chain', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 300)
    await using node = await createNode(
      { network: regtest, connect: [bitcoind.p2pAddress], dnsSeeds: false, fixedSeeds: false },
      { listeners: [createTcpListener()] },
    )
    await using store = createMemoryStore()
    await using bridge = await createUtreexoBridge(node, { store })
    await bridge.waitForHeight(300)
    const info = await bitcoind.rpc<{ txouts: number }>('gettxoutsetinfo')
    expect(bridge.info().liveLeaves).toBe(info.txouts)
    expect(hashToHex(bridge.info().tip.hash)).toBe(await bitcoind.rpc('getbestblockhash'))
  }, 120_000)
})
