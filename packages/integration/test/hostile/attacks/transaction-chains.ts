import { type Transaction, txid } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transaction, transactions } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'
import type { HostileMessage } from '../support/v1-frame.ts'

/** Transactions of which each spends the one before. */
const CHAIN = 1_500
/** Different ones: what one peer has brought is known of the others. */
const CHAINS = 5
const crumb = new Uint8Array(1)
/** To make them takes longer than to send them. */
const flights: (readonly HostileMessage[])[] = []

function chainOf(length: number): readonly HostileMessage[] {
  const made: HostileMessage[] = []
  let before = transaction(20)
  for (let at = 0; at < length; at++) {
    const next: Transaction = {
      ...transaction(20),
      inputs: [{ ...before.inputs[0]!, previousOutput: { txid: txid(before), index: 0 } }],
    }
    made.push(honest({ type: 'tx', transaction: next }))
    before = next
  }
  return made
}

function messagesOf(length: number): readonly HostileMessage[] {
  const crumbs = new Array<Uint8Array>(90_000).fill(crumb)
  return [
    ...[...chainOf(length)].reverse(),
    ...Array.from({ length: 5 }, () => honest({ type: 'tx', transaction: transaction(10, crumbs) })),
    ...transactions(5, 99_000),
  ]
}

export const attack: Attack = flood({
  what: 'send transactions that spend each other in the wrong order, and witnesses of 90,000 items',
  peers: A_FEW,
  times: 1,
  messages: (field, index) => (flights[index % CHAINS] ??= messagesOf(field.scaled(CHAIN))),
})
