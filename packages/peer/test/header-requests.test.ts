import { blockHash, type Message } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { hashOf, header, MINUTE, ready, watch } from './support/requests.ts'

describe('getHeaders', () => {
  it('is matched to the headers that connect to its locator, in whatever order they come', async () => {
    const remote = await ready()
    const a = watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    const b = watch(remote.peer.getHeaders({ locator: [hashOf(2), hashOf(3)], stopHash: hashOf(4) }))
    await remote.settle()
    expect(remote.heard()).toEqual([
      { type: 'getheaders', version: 70_017, locator: [hashOf(1)], stopHash: hashOf(0) },
      { type: 'getheaders', version: 70_017, locator: [hashOf(2), hashOf(3)], stopHash: hashOf(4) },
    ])
    await remote.say({ type: 'headers', headers: [header(7, hashOf(3))] })
    expect([a.value(), b.value()?.length]).toEqual([undefined, 1])
    await remote.say({ type: 'headers', headers: [] })
    expect(a.value()).toEqual([])
    expect(remote.handedOn()).toEqual([])
  })

  it('takes the first header after genesis for a locator that the remote does not know', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    await remote.say({ type: 'headers', headers: [header(1)] })
    expect(reply.value()).toHaveLength(1)
  })

  it('by an empty locator is matched to the one header asked for', async () => {
    const remote = await ready()
    const stopHash = blockHash(header(5, hashOf(8)))
    const reply = watch(remote.peer.getHeaders({ locator: [], stopHash }))
    await remote.say({ type: 'headers', headers: [header(6, hashOf(8))] })
    expect(reply.value()).toBeUndefined()
    await remote.say({ type: 'headers', headers: [header(5, hashOf(8))] })
    expect(reply.value()).toHaveLength(1)
  })

  it('leaves an announcement of other headers to the owner', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    await remote.say({ type: 'headers', headers: [header(1, hashOf(9))] })
    expect(reply.value()).toBeUndefined()
    expect(remote.handedOn()).toMatchObject([{ type: 'headers' }])
  })
})

describe('getHeaders that was given up', () => {
  const answer = (...previous: number[]): Message[] =>
    previous.map((n, nonce) => ({ type: 'headers', headers: [header(nonce, hashOf(n))] }))

  it('takes the first answer that fits for its own, and loses nothing else', async () => {
    const remote = await ready()
    const reply = watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    await remote.clock.advance(MINUTE)
    expect(reply.error()).toMatchObject({ code: 'timeout' })
    const announced = answer(9)
    await remote.say(...announced)
    expect(remote.handedOn()).toEqual(announced)
    await remote.say(...answer(1))
    expect(remote.handedOn()).toEqual(announced)
    await remote.say(...answer(1))
    expect(remote.handedOn()).toEqual([...announced, ...answer(1)])
  })

  it('many times over, drops one answer for each', async () => {
    const remote = await ready()
    for (let n = 1; n <= 3; n++) void watch(remote.peer.getHeaders({ locator: [hashOf(n)] }))
    await remote.clock.advance(MINUTE)
    await remote.say(...answer(7, 1, 8, 2, 3, 9))
    expect(
      remote
        .handedOn()
        .map((message) => message.type === 'headers' && message.headers[0]!.previousBlockHash[0]),
    ).toEqual([7, 8, 9])
  })

  it('does not take the answer to the request that followed it', async () => {
    const remote = await ready()
    void watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    await remote.clock.advance(MINUTE)
    const again = watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    await remote.say(...answer(1))
    expect(again.value()).toHaveLength(1)
    // The remote has answered the later one: it never will the earlier one, and this is an announcement.
    await remote.say(...answer(1))
    expect(remote.handedOn()).toEqual(answer(1))
  })

  it('does not take what the owner asked for by itself', async () => {
    const remote = await ready()
    void watch(remote.peer.getHeaders({ locator: [hashOf(1)] }))
    await remote.clock.advance(MINUTE)
    remote.peer.send({ type: 'getheaders', version: 70_016, locator: [hashOf(1)], stopHash: hashOf(0) })
    await remote.say(...answer(1), ...answer(1))
    const unrequested = remote.notifications.flatMap(({ message }) =>
      message.type === 'message' ? [message.unrequested] : [],
    )
    expect(unrequested).toEqual([false, true])
  })

  it.each([
    ['before its time is out, an empty answer is its own', 0, undefined, 1],
    ['long ago, an empty answer is for the request that waits', MINUTE, 0, 0],
  ])('%s', async (_, later, first, then) => {
    const remote = await ready()
    const controller = new AbortController()
    void watch(remote.peer.getHeaders({ locator: [hashOf(1)] }, { signal: controller.signal }))
    await remote.settle()
    controller.abort()
    await remote.clock.advance(later)
    const reply = watch(remote.peer.getHeaders({ locator: [hashOf(2)] }))
    await remote.say({ type: 'headers', headers: [] })
    expect(reply.value()?.length).toBe(first)
    await remote.say(...answer(2))
    expect(reply.value()?.length).toBe(then)
  })

  it('is forgotten after a hundred others: its answer is handed on', async () => {
    const remote = await ready()
    for (let n = 1; n <= 101; n++) void watch(remote.peer.getHeaders({ locator: [hashOf(n)] }))
    await remote.clock.advance(MINUTE)
    await remote.say(...answer(1), ...answer(2))
    expect(remote.handedOn()).toEqual(answer(1))
  })
})
