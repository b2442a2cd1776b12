import type { Message } from '@sapwood/wire-codec'
import { TransportError } from '@sapwood/transport-v1v2'
import { describe, expect, it } from 'vitest'
import { hashOf, MINUTE, ready } from './support/requests.ts'
import { network } from './support/scripted-remote.ts'

describe('a request that was given up', () => {
  it('does not swallow the block when it is asked for again', async () => {
    const remote = await ready()
    const first = remote.peer.getBlock(network.genesisHash).catch(() => 'given up')
    await remote.clock.advance(MINUTE)
    expect(await first).toBe('given up')
    const second = remote.peer.getBlock(network.genesisHash)
    await remote.settle()
    await remote.say({ type: 'block', block: { header: network.genesis, transactions: [] } })
    expect((await second).hash).toEqual(network.genesisHash)
  })

  it('lets through no more filters than it could have had', async () => {
    const remote = await ready()
    let unrequested = 0
    remote.peer.events.on('unrequested', () => {
      unrequested += 1
    })
    const iterator = remote.peer
      .getCompactFilters({ startHeight: 0, stopHash: hashOf(3) })
      [Symbol.asyncIterator]()
    const end = iterator.next().catch(() => 'given up')
    await remote.clock.advance(MINUTE)
    expect(await end).toBe('given up')
    const filter: Message = {
      type: 'cfilter',
      filterType: 0,
      blockHash: hashOf(1),
      filter: new Uint8Array(0),
    }
    for (let n = 0; n < 1_000; n++) await remote.say(filter)
    expect(unrequested).toBe(0)
    for (let n = 0; n < 100; n++) await remote.say(filter)
    expect(unrequested).toBe(100)
  })
})

describe('a request that does not fit the wire', () => {
  it('takes no announcement for its reply', async () => {
    const remote = await ready()
    const locator = Array.from({ length: 102 }, (_, n) => hashOf(n))
    await expect(remote.peer.getHeaders({ locator })).rejects.toMatchObject({ code: 'invalid-argument' })
    await remote.say({ type: 'headers', headers: [network.genesis] })
    expect(remote.handedOn()).toMatchObject([{ type: 'headers' }])
  })

  it('is refused also where it has waited for its turn', async () => {
    const remote = await ready()
    const ask = (startHeight: number): Promise<unknown> =>
      remote.peer
        .getCompactFilters({ startHeight, stopHash: hashOf(3) })
        [Symbol.asyncIterator]()
        .next()
        .catch((error: unknown) => error)
    const ends = [ask(0), ask(-1), ask(5)]
    await remote.clock.advance(MINUTE)
    expect(await ends[0]).toMatchObject({ code: 'timeout' })
    expect(await ends[1]).toMatchObject({ code: 'invalid-argument' })
    expect(remote.heard()).toMatchObject([{ startHeight: 0 }, { startHeight: 5 }])
    expect(remote.reason).toBeUndefined()
    await remote.peer.disconnect()
    await ends[2]
  })
})

describe('a message that no frame can carry', () => {
  it('is refused to whoever sends it, and the connection is not struck dumb', async () => {
    const remote = await ready()
    const { writer } = remote.transport
    const send = writer.send.bind(writer)
    writer.send = (message) => {
      if (message.command.length > 12) throw new TransportError('invalid-command', 'no frame can carry it')
      return send(message)
    }
    expect(() =>
      remote.peer.send({ type: 'unknown', command: 'thirteen char', payload: new Uint8Array(0) }),
    ).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    remote.heard()
    await remote.say({ type: 'ping', nonce: 3n })
    expect(remote.heard()).toEqual([{ type: 'pong', nonce: 3n }])
  })
})
