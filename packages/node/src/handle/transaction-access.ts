import { bytesEqual, type Transaction, type Txid, txid } from '@sapwood/wire-codec'
import type { Clock, MemoryBudget } from '@sapwood/transport-v1v2/environment'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import type { PrivateBroadcastDriver } from '../loop/private-broadcast-driver.ts'
import type { TransactionDriver } from '../loop/transaction-driver.ts'
import {
  BROADCAST_OUTCOMES,
  type BroadcastOutcome,
  type BroadcastState,
} from '../transactions/own-broadcast.ts'
import type { PrivateBroadcastState } from '../transactions/private-broadcast.ts'
import type { HeardTransaction } from '../transactions/transaction-pool.ts'
import type { TransactionRelay } from '../transactions/transaction-relay.ts'
import { BoundedQueue } from '../events/bounded-queue.ts'
import { someBuffers } from '../events/event-checks.ts'
import { DEFAULT_EVENT_BUFFER, DEFAULT_EVENT_BYTES, EVENT_BYTES } from '../events/event-hub.ts'
import type { WithCallDeadline } from './call-deadline.ts'
import type { NodeEventHub } from './node-events.ts'
import { aTransaction, aTransactionFilter, aTxid, someBroadcastOptions } from './node-checks.ts'
import type { TransactionAccess } from './node-handle.ts'

/** The handle's transactions, on top of the relay. */
export function createTransactionAccess(components: {
  readonly calls: CallQueue
  readonly transactions: Pick<TransactionDriver, 'run'>
  readonly privateBroadcasts: PrivateBroadcastDriver
  readonly relay: TransactionRelay
  readonly clock: Clock
  readonly events: NodeEventHub
  readonly memory: MemoryBudget
  readonly withDeadline: WithCallDeadline
}): TransactionAccess {
  const { calls, transactions, privateBroadcasts, relay, clock, events, memory, withDeadline } = components
  const account = memory.open({ rank: 'protected' })
  return {
    broadcast: (transaction, options = {}) =>
      withDeadline(options, (signal) => {
        refuseArgument(aTransaction, transaction, 'transactions.broadcast')
        refuseArgument(someBroadcastOptions, options, 'transactions.broadcast: options')
        return calls.call('broadcast', () => {
          const id = txid(transaction)
          refusePrivate(privateBroadcasts, id)
          const asked = whenCome(id, options.until ?? 'requested', events, signal)
          transactions.run(relay.broadcast(transaction, options, clock.now()))
          return asked
        })
      }).catch((error: unknown) => {
        throw nobodyAsked(error, relay, transaction)
      }),
    broadcastPrivately: (transaction, options) =>
      withDeadline(options, (signal) => {
        refuseArgument(aTransaction, transaction, 'transactions.broadcastPrivately')
        return calls.call('broadcastPrivately', () => {
          const isTaken = ({ txid: id, takenBy, cameBack }: PrivateBroadcastState): boolean =>
            bytesEqual(id, txid(transaction)) && (takenBy > 0 || cameBack)
          const state = privateBroadcasts.add(transaction)
          return isTaken(state) ? state : whenTaken(isTaken, events, signal)
        })
      }),
    privateBroadcasts: () => privateBroadcasts.states(),
    cancelBroadcast: (id) =>
      calls.call('cancelBroadcast', () => {
        refuseArgument(aTxid, id, 'transactions.cancelBroadcast')
        const isPrivate = privateBroadcasts.cancel(id)
        return relay.cancelBroadcast(id) || isPrivate
      }),
    broadcasts: () => relay.broadcasts(),
    getTransaction: (id) => {
      refuseArgument(aTxid, id, 'transactions.getTransaction')
      return relay.get(id)
    },
    pool: () => relay.pool(),
    subscribe: (filter = {}, options = {}) => {
      refuseArgument(aTransactionFilter, filter, 'transactions.subscribe: filter')
      refuseArgument(someBuffers, options, 'transactions.subscribe: options')
      const limits = {
        count: options.buffer ?? DEFAULT_EVENT_BUFFER,
        bytes: options.bufferBytes ?? DEFAULT_EVENT_BYTES,
      }
      const queue = new BoundedQueue<HeardTransaction>(limits, options.signal, () => stopAll(), account)
      const stopListening = relay.subscribe(
        filter,
        (heard) => void queue.push(heard, EVENT_BYTES + heard.size),
      )
      const stopEnd = events.on('stopped', () => queue.end())
      const stopAll = (): void => {
        stopListening()
        stopEnd()
      }
      return queue
    },
  }
}

/** @throws NodeError where telling all peers of a transaction would undo its private broadcast. */
function refusePrivate(privateBroadcasts: PrivateBroadcastDriver, id: Txid): void {
  if (!privateBroadcasts.has(id)) return
  throw new NodeError('invalid-argument', 'The transaction is being broadcast privately; cancel that first')
}

/**
 * A deadline that passed says how far the broadcast has come; it goes on. Any other error is left as it is.
 */
function nobodyAsked(error: unknown, relay: TransactionRelay, transaction: Transaction): unknown {
  if (!isNodeError(error) || error.code !== 'timeout') return error
  const id = txid(transaction)
  const broadcast = relay.broadcasts().find((state) => bytesEqual(state.txid, id))
  if (broadcast === undefined) return error
  const detail = howFar(broadcast)
  return new NodeError('timeout', `${error.message}: ${detail}`, {
    ...(error.limit !== undefined && { limit: error.limit }),
    detail,
    cause: error,
  })
}

function howFar({ announcedTo, requestedBy }: BroadcastState): string {
  if (announcedTo === 0) return 'no peer has been told of the transaction yet'
  if (requestedBy === 0)
    return `${announcedTo} peers were told of the transaction and none asked for it: they may have it already`
  return `${announcedTo} peers were told of the transaction and ${requestedBy} asked for it; nobody who was not told has announced it yet`
}

/** Resolves with the private broadcast once a remote has taken the transaction, or it came back. */
async function whenTaken(
  isTaken: (state: PrivateBroadcastState) => boolean,
  events: NodeEventHub,
  signal: AbortSignal,
): Promise<PrivateBroadcastState> {
  const { broadcast } = await events.next('private-broadcast-changed', {
    filter: (event) => isTaken(event.broadcast),
    signal,
  })
  return broadcast
}

/** Resolves with the broadcast once it has come so far, or further. */
async function whenCome(
  id: Uint8Array,
  until: BroadcastOutcome,
  events: NodeEventHub,
  signal: AbortSignal,
): Promise<BroadcastState> {
  const least = BROADCAST_OUTCOMES.indexOf(until)
  const { broadcast } = await events.next('broadcast-changed', {
    filter: ({ broadcast: { txid: changed, outcome } }) =>
      bytesEqual(changed, id) && BROADCAST_OUTCOMES.indexOf(outcome) >= least,
    signal,
  })
  return broadcast
}
