import { type Instant, silentLogger } from '@sapwood/transport-v1v2/environment'
import { expect, it, vi } from 'vitest'
import type { TipChange } from '../chain/chain-entry.ts'
import type { TransactionRelay } from '../transactions/transaction-relay.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'
import type { ReceivedMessage } from './node-part.ts'
import { NodeParts } from './node-parts.ts'
import { TransactionDriver, type TransactionDriverComponents } from './transaction-driver.ts'

it('goes on, by turns, for as long as more is due than the relay does in one go', () => {
  let left = 3
  const posted: (() => void)[] = []
  const relay: Pick<TransactionRelay, 'isBehind' | 'tick'> = {
    get isBehind() {
      return left > 0
    },
    tick: () => {
      left -= 1
      return []
    },
  }
  const driver = new TransactionDriver({
    relay,
    clock: { now: () => 0 as Instant },
    calls: { post: (_: string, perform: () => void) => void posted.push(perform) },
  } as unknown as TransactionDriverComponents)
  driver.tick(0 as Instant)
  // What else happens meanwhile does not have it go on twice.
  driver.run([])
  expect(posted).toHaveLength(1)
  for (let turn = posted.shift(); turn !== undefined; turn = posted.shift()) turn()
  expect(left).toBe(0)
})

it('tells the relay of another branch, as the parts are told of it', () => {
  const onTipChange = vi.fn()
  const parts = new NodeParts({ logger: silentLogger })
  const relay = { onTipChange } as unknown as TransactionRelay
  parts.add(new TransactionDriver({ relay } as unknown as TransactionDriverComponents))
  const change = { disconnected: [] } as unknown as TipChange
  parts.tipChanged(change, undefined)
  expect(onTipChange).toHaveBeenCalledWith(change)
})

it.each([true, false])(
  'hears a transaction once the chain is known (%s), and not before',
  (relaysTransactions) => {
    const onTransaction = vi.fn(() => [])
    const relay = { onTransaction, addPeer: () => [], isBehind: false } as unknown as TransactionRelay
    const driver = new TransactionDriver({
      relay,
      clock: { now: () => 0 as Instant },
      phase: { now: { relaysTransactions } },
    } as unknown as TransactionDriverComponents)
    const record = { id: 1, kind: 'outbound-full-relay', key: '', version: {} } as unknown as ReadyConnection
    driver.ready(record)
    driver.message(record, { message: { type: 'tx' } } as unknown as ReceivedMessage, 0 as Instant)
    expect(onTransaction).toHaveBeenCalledTimes(relaysTransactions ? 1 : 0)
  },
)
