import {
  blockBytes,
  blockHash,
  encodeBlock,
  encodeHeader,
  networks,
  type BlockHash,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { network, peerPair } from './support/peer-pair.ts'

describe('two peers over a transport in memory', () => {
  it.each(['v1', 'v2'] as const)('shake hands, ping, and end with a reason over %s', async (protocol) => {
    const { dialler, listener } = await peerPair(
      {},
      { version: { services: 9n, startHeight: 7 } },
      { protocol },
    )
    const [ours, theirs] = await Promise.all([dialler.handshake, listener.handshake])
    expect(ours).toMatchObject({
      version: 70_017,
      services: 9n,
      startHeight: 7,
      wtxidRelay: true,
      addrv2: true,
      relay: true,
    })
    expect(theirs.userAgent).toBe('/sapwood:0.1.0/')
    expect((await dialler.ping()).roundTrip).toBeGreaterThanOrEqual(0)
    expect(dialler.info().transport).toBe(protocol)
    expect(dialler.info().sessionId).toBe(listener.info().sessionId)
    const report = await dialler.disconnect({ detail: 'enough' })
    expect(report.reason).toEqual({ code: 'requested', blame: 'none', detail: 'enough' })
    expect((await listener.closed).reason).toMatchObject({ code: 'remote-closed', blame: 'none' })
  })

  it('serves and fetches headers and blocks', async () => {
    const { genesis, genesisHash } = network
    const block = { header: genesis, transactions: [] }
    const { dialler, listener } = await peerPair(
      {},
      {
        components: {
          services: {
            headers: () => [genesis],
            block: (hash) => (hash[0] === genesisHash[0] ? block : undefined),
          },
        },
      },
    )
    const unknown = new Uint8Array(32).fill(7) as BlockHash
    const headers = await dialler.getHeaders({ locator: [genesis.previousBlockHash] })
    expect(headers.map(blockHash)).toEqual([genesisHash])
    const received = await dialler.getBlock(genesisHash)
    expect(blockBytes(received.block)).toEqual(encodeBlock(block))
    await expect(dialler.getBlock(unknown)).rejects.toMatchObject({ code: 'not-found', missing: [unknown] })
    await dialler.disconnect({ detail: 'done' })
    await listener.closed
    expect(encodeHeader(received.block.header)).toEqual(encodeHeader(networks.regtest.genesis))
  })
})
