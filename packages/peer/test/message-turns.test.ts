import { createTurnScheduler, type TurnScheduler } from '@sapwood/transport-v1v2/environment'
import { encodePayload, type Message } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { hashOf, ready } from './support/requests.ts'

/**
 * A scheduler for which each look at the time is a millisecond of work, and whose turns are taken by hand.
 */
function handScheduler(): { readonly scheduler: TurnScheduler; readonly nextTurn: () => void } {
  let now = 0
  const due: (() => void)[] = []
  return {
    scheduler: createTurnScheduler({
      now: () => now++,
      later: (callback) => due.push(callback),
      after: (callback) => due.push(callback),
    }),
    nextTurn: () => {
      for (const callback of due.splice(0)) callback()
    },
  }
}

it('what one peer sent at once is handled in many turns, and in order', async () => {
  const { scheduler, nextTurn } = handScheduler()
  const remote = await ready({ components: { scheduler } })
  for (let turn = 0; turn < 5; turn++) {
    nextTurn()
    await remote.settle()
  }
  const heard: bigint[] = []
  remote.peer.events.on('message', ({ message }) => {
    if (message.type === 'ping' && typeof message.nonce === 'bigint') heard.push(message.nonce)
  })
  const pings = Array.from({ length: 1_000 }, (_, n): Message => ({ type: 'ping', nonce: BigInt(n + 1) }))
  remote.transport.push(pings.map((ping) => encodePayload(ping)))
  await remote.settle()
  expect(heard.length).toBeGreaterThan(0)
  expect(heard.length).toBeLessThan(50)
  let most = 0
  for (let turn = 0; turn < 500 && heard.length < 1_000; turn++) {
    const before = heard.length
    nextTurn()
    await remote.settle()
    most = Math.max(most, heard.length - before)
  }
  expect(most).toBeLessThan(50)
  expect(heard).toEqual(pings.map((ping) => ping.type === 'ping' && ping.nonce))
})

it('a getdata of 50,000 is served in many turns', async () => {
  const { scheduler, nextTurn } = handScheduler()
  let asked = 0
  const services = {
    transaction: () => {
      asked += 1
      return undefined
    },
  }
  const remote = await ready({ kind: 'inbound', components: { scheduler, services } })
  const inventory = Array.from({ length: 50_000 }, () => ({ type: 1, hash: hashOf(1) }))
  await remote.say({ type: 'getdata', inventory })
  let most = asked
  for (let turn = 0; turn < 3_000 && asked < 50_000; turn++) {
    const before = asked
    nextTurn()
    await remote.settle()
    most = Math.max(most, asked - before)
  }
  expect(asked).toBe(50_000)
  expect(most).toBeLessThanOrEqual(1_000)
  for (const message of remote.heard()) {
    if (message.type === 'notfound') expect(message.inventory.length).toBeLessThanOrEqual(1_000)
  }
})

it('each batch is a piece of work of its own: a peer of little messages is not one of much work', async () => {
  const lanes: string[][] = []
  const scheduler: TurnScheduler = {
    lane: () => {
      const calls: string[] = []
      lanes.push(calls)
      return {
        due: () => undefined,
        pass: () => undefined,
        enter: () => void calls.push('enter'),
        leave: () => void calls.push('leave'),
        rest: () => void calls.push('rest'),
        charge: () => undefined,
      }
    },
    forStrangers: (work) => work(),
    strangersPause: 0,
    waiting: 0,
  }
  const remote = await ready({ kind: 'inbound', components: { scheduler } })
  const before = lanes.map(({ length }) => length)
  for (let nonce = 1n; nonce <= 5n; nonce++) {
    remote.transport.push([encodePayload({ type: 'ping', nonce })])
    await remote.settle()
  }
  const since = lanes.map((calls, lane) => calls.slice(before[lane]))
  expect(since).toContainEqual(Array.from({ length: 5 }, () => ['enter', 'leave']).flat())
})
