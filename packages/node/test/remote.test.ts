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
