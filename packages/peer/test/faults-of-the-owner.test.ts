import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PeerComponents } from '../src/index.ts'
import { hashOf } from './support/requests.ts'
import { ScriptedRemote } from './support/scripted-remote.ts'

const reached: unknown[] = []
const onReached = (error: unknown): void => void reached.push(error)
beforeEach(() => {
  reached.length = 0
  process.on('unhandledRejection', onReached)
  process.on('uncaughtException', onReached)
})
afterEach(() => {
  process.off('unhandledRejection', onReached)
  process.off('uncaughtException', onReached)
})

const boom = (): never => {
  throw new Error('the owner’s own')
}
const rejecting = (): Promise<never> => Promise.reject(new Error('the owner’s own'))
const ways: readonly (readonly [string, () => unknown])[] = [
  ['throws', boom],
  ['rejects', rejecting],
]

async function nothingReached(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  expect(reached).toEqual([])
}

/** A handshake, a message and an end. */
async function live(components: Partial<PeerComponents>): Promise<void> {
  const remote = new ScriptedRemote({ components })
  await remote.shakeHands()
  await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(1) }] })
  expect(remote.peer.state).toBe('ready')
  await remote.peer.handshake
  const { reason } = await remote.peer.disconnect({ blame: 'disconnect' })
  expect(reason.code).toBe('requested')
  await nothingReached()
}

describe('a peer without a node lives, and ends, with', () => {
  it.each(ways)('a logger that %s', async (_, fail) => {
    await live({ logger: { debug: fail, info: fail, warn: fail, error: fail } })
  })

  it.each(ways)('a channel of notifications that %s', async (_, fail) => {
    await live({ notifications: { send: fail, trySend: fail } as never })
  })
})

describe('a listener of a peer', () => {
  it.each(ways)('that %s ends it as the owner’s failure', async (_, fail) => {
    const remote = new ScriptedRemote()
    remote.peer.events.on('message', fail)
    await remote.shakeHands()
    await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(1) }] })
    expect((await remote.peer.closed).reason.code).toBe('owner-failed')
    await nothingReached()
  })

  it.each(ways)('that %s at the end changes nothing', async (_, fail) => {
    const remote = new ScriptedRemote()
    remote.peer.events.on('closed', fail)
    await remote.shakeHands()
    expect((await remote.peer.disconnect()).reason.code).toBe('requested')
    await nothingReached()
  })
})
