import { regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { createNode } from '../src/index.ts'

it('gives the event loop its turn back while it has much to do', async () => {
  await using node = await createNode({ network: regtest, connect: [] })
  const work = 4
  node.events.on('ban-added', () => {
    const until = performance.now() + work
    while (performance.now() < until) continue
  })
  let turns = 0
  let counting = true
  const count = (): void => {
    turns += 1
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  await Promise.all(Array.from({ length: 60 }, (_, index) => node.bans.ban(`203.0.113.${index}`)))
  counting = false
  // 240 ms of work in turns of about 10 ms.
  expect(turns).toBeGreaterThan(15)
})
