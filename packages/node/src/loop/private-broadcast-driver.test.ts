import { asTxid, type Transaction, txid, wtxid } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { coinbaseAt } from '../../test/support/make-chain.ts'
import { seededRandom, wallTime } from '../../test/support/peer-ids.ts'
import type { AddedPeers } from '../connections/added-peers.ts'
import { ConnectionTable } from '../connections/connection-table.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'
import { AddressManager } from '../addresses/address-manager.ts'
import { TransactionRelay } from '../transactions/transaction-relay.ts'
import { PrivateBroadcastDriver } from './private-broadcast-driver.ts'
import type { ReceivedMessage } from './node-part.ts'

const stranger = { kind: 'inbound', id: peerId(9) } as unknown as ReadyConnection

function driver(): PrivateBroadcastDriver {
  const clock = createVirtualClock()
  const random = seededRandom()
  return new PrivateBroadcastDriver({
    clock,
    random,
    dialer: { dial: () => Promise.reject(new Error('nobody is dialled here')) },
    reachable: new Set(['torv3']),
    table: new ConnectionTable(),
    connections: { open: () => expect.unreachable() },
    networkSwitch: { isOn: true },
    addresses: new AddressManager({}, { clock, random }),
    added: { get: () => undefined } as unknown as AddedPeers,
    relay: new TransactionRelay({}, { random, wallTime, tipHeight: () => 0 }),
    events: { emit: () => undefined },
    isAvoided: () => false,
    connectOnly: false,
  })
}

function heard(message: object): ReceivedMessage {
  return { type: 'message', message, payload: new Uint8Array(0) } as unknown as ReceivedMessage
}

/** One whose witness makes another wtxid of it. */
function withWitness(transaction: Transaction, byte: number): Transaction {
  const spent = { txid: asTxid(new Uint8Array(32).fill(9)), index: 0 }
  const inputs = transaction.inputs.map((input) => ({
    ...input,
    previousOutput: spent,
    witness: [new Uint8Array(64).fill(byte)],
  }))
  const outputs = [{ value: 1_000n, scriptPubKey: new Uint8Array(22).fill(0x51) }]
  return { version: 2, inputs, outputs, lockTime: 0 }
}

it('takes only the transaction itself for a sign that somebody has it', () => {
  const broadcasts = driver()
  const own = withWitness(coinbaseAt(7), 1)
  broadcasts.add(own)
  for (const [type, hash] of [
    [1, txid(own)],
    [5, wtxid(own)],
    [0x4000_0001, txid(own)],
  ] as const)
    broadcasts.message(stranger, heard({ type: 'inv', inventory: [{ type, hash }] }))
  broadcasts.message(stranger, heard({ type: 'tx', transaction: withWitness(own, 2) }))
  expect(broadcasts.states()).toMatchObject([{ cameBack: false }])
  broadcasts.message(stranger, heard({ type: 'tx', transaction: own }))
  expect(broadcasts.states()).toEqual([])
})
