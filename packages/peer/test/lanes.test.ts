import {
  createMemoryBudget,
  type LaneKind,
  type TurnScheduler,
  unhurriedScheduler,
} from '@sapwood/transport-v1v2/environment'
import { asBlockHash, asHash256, encodePayload, InventoryType } from '@sapwood/wire-codec'
import { peerId } from '../src/contract/peer-id.ts'
import { Server } from '../src/serving/server.ts'
import { expect, it } from 'vitest'
import { ScriptedRemote } from './support/scripted-remote.ts'

it('counts what a stranger is served, also where a service answers later', async () => {
  let now = 0
  const looked: string[] = []
  const lane = {
    due: () => void looked.push('due'),
    enter: () => void looked.push('enter'),
    leave: () => void looked.push('leave'),
    rest: () => void looked.push('rest'),
    charge: () => undefined,
  }
  const found = {
    block: () => new Promise<Uint8Array>((resolve) => setImmediate(() => resolve(new Uint8Array(99)))),
  }
  const server = new Server(
    found,
    { peer: peerId(1), signal: new AbortController().signal },
    {
      send: () => undefined,
      sendPayload: () => {
        looked.push('sent')
        now += 1
      },
      room: () => undefined,
      turn: () => lane.due(),
      leave: () => lane.leave(),
      enter: () => lane.enter(),
      end: () => undefined,
      addrv2: () => true,
    },
  )
  const { payload } = encodePayload({
    type: 'getdata',
    inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: asHash256(new Uint8Array(32)) }],
  })
  await server.serve({ type: 'getdata', payload })
  expect(now).toBe(1)
  // What others worked since its last answer is not its own.
  expect(looked.slice(0, 2)).toEqual(['enter', 'due'])
  expect(looked.slice(-4)).toEqual(['leave', 'enter', 'sent', 'leave'])
})

it('makes no block while one waits for its turn and the room for it goes', async () => {
  const asked: string[] = []
  const rooms = [undefined, Promise.resolve(), undefined, undefined]
  const turns = [undefined, Promise.resolve(), undefined, undefined]
  const server = new Server(
    { block: () => void asked.push('made') },
    { peer: peerId(1), signal: new AbortController().signal },
    {
      send: () => undefined,
      sendPayload: () => undefined,
      room: (bytes) => {
        if (bytes === 0) return undefined
        asked.push('room')
        return rooms.shift()
      },
      turn: () => {
        asked.push('turn')
        return turns.shift()
      },
      leave: () => undefined,
      enter: () => undefined,
      end: () => undefined,
      addrv2: () => true,
    },
  )
  const { payload } = encodePayload({
    type: 'getdata',
    inventory: [{ type: InventoryType.WITNESS_BLOCK, hash: asHash256(new Uint8Array(32)) }],
  })
  await server.serve({ type: 'getdata', payload })
  // The first turn is that of the request; after the wait for a turn there is no room, and then there is.
  expect(asked).toEqual(['turn', 'room', 'turn', 'room', 'room', 'turn', 'made'])
})

it.each([
  { rank: 'inbound', lanes: ['stranger'] },
  { rank: 'outbound', lanes: ['own'] },
  { rank: undefined, lanes: ['own'] },
] as const)('works and serves in lanes of $lanes for a remote of rank $rank', ({ rank, lanes }) => {
  const kinds = new Set<LaneKind | undefined>()
  const scheduler: TurnScheduler = {
    lane: (kind) => {
      kinds.add(kind)
      return unhurriedScheduler.lane()
    },
    forStrangers: (work) => work(),
    strangersPause: 0,
    waiting: 0,
  }
  const memory = rank === undefined ? undefined : createMemoryBudget().open({ rank })
  new ScriptedRemote({ components: { scheduler, ...(memory !== undefined && { memory }) } })
  expect([...kinds]).toEqual(lanes)
})

it('does what a service asks for after a wait in the turn of who asked, and counts it', async () => {
  const looked: string[] = []
  let turn = (): void => undefined
  const lane = {
    due: () => {
      looked.push('due')
      return looked.includes('work') ? new Promise<void>((resolve) => (turn = resolve)) : undefined
    },
    enter: () => void looked.push('enter'),
    leave: () => void looked.push('leave'),
    rest: () => void looked.push('rest'),
    charge: () => undefined,
    pass: () => undefined,
  }
  const scheduler: TurnScheduler = {
    lane: () => lane,
    forStrangers: (work) => work(),
    strangersPause: 0,
    waiting: 0,
  }
  const remote = new ScriptedRemote({
    components: {
      scheduler,
      services: {
        blockTransactions: async (_, { work }) => {
          await Promise.resolve()
          looked.push('work')
          await work!(() => void looked.push('done'))
          return undefined
        },
      },
    },
  })
  await remote.shakeHands()
  await remote.say({
    type: 'getblocktxn',
    blockHash: asBlockHash(new Uint8Array(32)),
    indexes: Uint16Array.of(0),
  })
  expect(looked.slice(looked.indexOf('work'))).toEqual(['work', 'enter', 'due'])
  turn()
  await remote.settle()
  const after = looked.slice(looked.indexOf('work'))
  expect(after.slice(0, 5)).toEqual(['work', 'enter', 'due', 'done', 'leave'])
})
