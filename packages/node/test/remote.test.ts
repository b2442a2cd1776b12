import { MessageChannel } from 'node:worker_threads'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { hashToHex, regtest } from '@sapwood/wire-codec'
import { afterEach, expect, it } from 'vitest'
import { createNode, isNodeError, type NodeHandle } from '../src/index.ts'
import { attachNode, type RemoteNode, serveNode } from '../src/remote/index.ts'

let here: NodeHandle
let ports: MessageChannel

afterEach(() => {
  ports.port1.close()
  ports.port2.close()
})

async function remoteNode(): Promise<RemoteNode> {
  ports = new MessageChannel()
  serveNode<{ readonly userAgent: string }>(ports.port2, async ({ userAgent }) => {
    here = await createNode(
      { network: regtest, connect: [], filters: true, userAgent },
      { clock: createVirtualClock() },
    )
    return here
  })
  return await attachNode(ports.port1, { userAgent: '/remote:1/' })
}

it('has the state, the calls, the streams and the events of the node over a port', async () => {
  const node = await remoteNode()
  expect((await node.info()).network.subversion).toBe('/remote:1/')
  const tip = await node.chain.tip()
  expect(hashToHex(tip.hash)).toBe(hashToHex(regtest.genesisHash))
  expect(tip.header).toEqual(here.chain.tip().header)
  expect(tip.work).toBe(here.chain.tip().work)

  const heard = node.events.next('address-banned' as never).catch(() => 'no such event')
  const switched = node.events.next('network-active')
  await node.network.setActive(false)
  expect(await switched).toMatchObject({ type: 'network-active', active: false })

  await node.bans.ban('203.0.113.0/24', { duration: 60_000 })
  expect(await node.bans.bans()).toHaveLength(1)

  await using stopped = node
  await stopped.stop()
  expect(await heard).toBe('no such event')
  for await (const event of node.events.subscribe()) expect(event.type).toBe('stopped')
})

it('rejects with the errors of the node, and tells it what is given up', async () => {
  const node = await remoteNode()
  const refused: unknown = await node.addPeer('nonsense address').catch((error: unknown) => error)
  expect(isNodeError(refused) && refused.code).toBe('invalid-address')
  await expect((node.network as never as { peer(): Promise<never> }).peer()).rejects.toMatchObject({
    code: 'unknown-peer',
  })
  await expect((node.chain as never as { nothing(): Promise<never> }).nothing()).rejects.toMatchObject({
    code: 'invalid-argument',
  })

  const abort = new AbortController()
  const waiting = node.chain.waitForHeight(1, { signal: abort.signal })
  abort.abort(new Error('no longer wanted'))
  await expect(waiting).rejects.toThrow('no longer wanted')

  const stream = node.filters.follow({ scripts: [Uint8Array.of(0x51)], from: 0 }, { signal: abort.signal })
  await expect(stream.next()).rejects.toThrow('no longer wanted')
  const blocks = node.blocks.follow({ from: 0 })
  expect(await blocks.return?.()).toMatchObject({ done: true })
  await node.stop()
  await expect(node.getBlock(regtest.genesisHash)).rejects.toMatchObject({ code: 'stopped' })
})

it('rejects where the node could not be made', async () => {
  ports = new MessageChannel()
  serveNode(ports.port2, () => createNode({ network: regtest, connect: ['!'] }))
  await expect(attachNode(ports.port1)).rejects.toMatchObject({ code: 'invalid-address' })
})

it('tells of errors that hold what no port carries: themselves, functions, sockets', async () => {
  const failure = Object.assign(new Error('not reached'), {
    code: 'E_PROGRAM',
    request: { retry: () => undefined, again: [] as unknown[], socket: new AbortController() },
    mark: Symbol('mark'),
  })
  failure.request.again.push(failure.request)
  ports = new MessageChannel()
  serveNode(ports.port2, async () => {
    here = await createNode(
      { network: regtest, connect: ['192.0.2.1:8333'] },
      { clock: createVirtualClock(), dialer: { dial: () => Promise.reject(failure) } },
    )
    return here
  })
  await using node = await attachNode(ports.port1)
  const failed = await node.events.next('connection-failed')
  expect(failed.error.message).toContain('not reached')
  expect(failed.error.cause).toMatchObject({ code: 'E_PROGRAM', message: 'not reached' })
  // The stream of events is still there.
  const switched = node.events.next('network-active')
  await node.network.setActive(false)
  expect(await switched).toMatchObject({ active: false })
})

it('posts no more events than a port that nobody listens at may hold', async () => {
  const posted: { readonly type: string }[] = []
  let give: (data: object) => void = () => undefined
  serveNode(
    {
      postMessage: (message) => posted.push(message as (typeof posted)[number]),
      addEventListener: (type, listener) => {
        if (type === 'message') give = (data) => listener({ data: { sapwood: 'node', ...data } })
      },
    },
    async () => (here = await createNode({ network: regtest, connect: [] }, { clock: createVirtualClock() })),
  )
  ports = new MessageChannel()
  give({ type: 'start' })
  const events = (): number => posted.filter(({ type }) => type === 'event').length
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  while (posted.length === 0) await turn()
  for (let toggle = 0; toggle < 200; toggle++) await here.network.setActive(toggle % 2 === 1)
  await turn()
  expect(events()).toBe(64)
  give({ type: 'heard', count: 16 })
  await turn()
  expect(events()).toBe(80)
  give({ type: 'heard', count: 1_000 })
  await here.stop()
  while (posted.at(-1)?.type !== 'ended') await turn()
  expect(events()).toBe(201)
})
