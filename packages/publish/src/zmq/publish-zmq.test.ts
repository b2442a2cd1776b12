import type { Logger } from '@sapwood/transport-v1v2/environment'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { publishZmq, type ZmqNode } from './publish-zmq.ts'

const reached: unknown[] = []
const onReached = (error: unknown): void => void reached.push(error)
beforeEach(() => {
  reached.length = 0
  process.on('unhandledRejection', onReached)
})
afterEach(() => {
  process.off('unhandledRejection', onReached)
})

function boom(): never {
  throw new Error('the program’s own')
}

it.each<[string, Logger | undefined]>([
  ['no logger', undefined],
  ['a logger that throws as well', { debug: boom, info: boom, warn: boom, error: boom }],
])('a node whose blocks cannot be read ends the publishing, and not the process: %s', async (_, logger) => {
  const node = {
    events: { on: () => () => undefined },
    chain: { tip: () => ({ height: 1 }) },
    blocks: { stored: boom },
  } as unknown as ZmqNode
  let closed = 0
  const openSocket = async () => ({ send: () => Promise.resolve(), close: () => void (closed += 1) })
  const publisher = await publishZmq(
    node,
    { notifiers: [{ topic: 'hashblock', address: 'tcp://127.0.0.1:1' }] },
    { openSocket, ...(logger !== undefined && { logger }) },
  )
  await new Promise((resolve) => setImmediate(resolve))
  await publisher.close()
  expect(closed).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
})
