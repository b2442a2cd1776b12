import { createMemoryBudget, type Instant } from '@sapwood/transport-v1v2/environment'
import { expect, it } from 'vitest'
import { peerId } from '../contract/peer-id.ts'
import type { PeerMessage } from '../contract/peer-message.ts'
import { Notifier } from './notifier.ts'

const LARGE = 1_000_000
const at = 0 as Instant

function large(): PeerMessage {
  return { type: 'message', payload: new Uint8Array(LARGE) } as unknown as PeerMessage
}

it('holds a few megabytes for a program that does not read, and counts them until they are taken', async () => {
  const account = createMemoryBudget().open({ rank: 'protected' })
  const notifier = new Notifier(peerId(1), undefined, account)
  const messages = notifier.messages()[Symbol.asyncIterator]()
  for (let sent = 1; sent <= 4; sent++) {
    notifier.notify(large(), at)
    expect(notifier.pending()).toBeUndefined()
    expect(account.held).toBe(sent * LARGE)
  }
  // From here on its peer is not read.
  notifier.notify(large(), at)
  notifier.notify(large(), at)
  expect(notifier.pending()).toBeDefined()
  expect(account.held).toBe(6 * LARGE)
  for (let left = 5; left >= 0; left--) {
    await messages.next()
    expect(account.held).toBe(left * LARGE)
  }
  await notifier.pending()
  expect(notifier.pending()).toBeUndefined()
})

it('counts nothing of what a program has left behind', async () => {
  const account = createMemoryBudget().open({ rank: 'protected' })
  const notifier = new Notifier(peerId(1), undefined, account)
  const messages = notifier.messages()[Symbol.asyncIterator]()
  for (let sent = 0; sent < 8; sent++) notifier.notify(large(), at)
  await messages.return?.()
  await notifier.pending()
  expect(account.held).toBe(0)
  notifier.notify(large(), at)
  expect(account.held).toBe(0)
})
