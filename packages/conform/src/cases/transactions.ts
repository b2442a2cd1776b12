import type { TestPeer } from '@sapwood/integration/test-peer'
import {
  bytesEqual,
  InventoryType,
  type InventoryVector,
  type Transaction,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import type { ListeningCase } from '../model/conform-case.ts'
import type { ListeningStage } from '../model/stage.ts'
import { BLOCKS, CHAIN, fate, sees } from './exchange-builders.ts'
import { bip, core, onMessage, wiki } from './places.ts'

/** Core tells who dialled it of transactions every 5 s on average, by a Poisson process. */
const RELAY_TIMEOUT = MINUTE

/** What comes of a transaction at a node that keeps it to itself. */
const NOT_HANDED_ON = 'not handed on'

/** Gives the target a transaction by another connection. @returns how `peer` is told of it, if it is. */
async function announcedTo(
  peer: TestPeer,
  stage: ListeningStage,
  transaction: Transaction,
): Promise<readonly InventoryVector[]> {
  await peer.sync()
  const giver = await stage.dial()
  await giver.send({ type: 'tx', transaction })
  const isIt = ({ hash }: InventoryVector): boolean =>
    bytesEqual(hash, wtxid(transaction)) || bytesEqual(hash, txid(transaction))
  try {
    const { inventory } = await peer.expect('inv', (inv) => inv.inventory.some(isIt), {
      timeout: RELAY_TIMEOUT,
    })
    return inventory.filter(isIt)
  } catch (error) {
    if (peer.closed !== undefined) throw error
    await peer.expectAlive()
    return []
  }
}

/** Transactions that a node is given and hands on. */
export const transactionCases: readonly ListeningCase[] = [
  sees(
    'bip339/relay/by-wtxid',
    bip(339, 'Specification'),
    'Who said wtxidrelay is told of transactions by wtxid.',
    ['by wtxid'],
    async (peer, stage) => {
      const transaction = stage.payment()
      const announced = await announcedTo(peer, stage, transaction)
      if (announced.length === 0) return NOT_HANDED_ON
      const entry = announced.find(({ hash }) => bytesEqual(hash, wtxid(transaction)))
      return entry?.type === InventoryType.WTX ? 'by wtxid' : 'by txid'
    },
    { level: 'must', needs: [...BLOCKS.needs, 'wtxid-relay'] },
  ),
  sees(
    'relay/transaction-served',
    wiki('getdata'),
    'A transaction that was announced is given to who asks for it.',
    ['the same'],
    async (peer, stage) => {
      const transaction = stage.payment()
      const inventory = await announcedTo(peer, stage, transaction)
      if (inventory.length === 0) return NOT_HANDED_ON
      await peer.send({ type: 'getdata', inventory })
      const given = await peer.expect('tx')
      return bytesEqual(txid(given.transaction), txid(transaction)) ? 'the same' : 'another'
    },
    { ...BLOCKS, level: 'must' },
  ),
  sees(
    'inv/unknown-transaction-asked-for',
    core('node/txdownloadman_impl.cpp', 'TxDownloadManagerImpl::GetRequestsToSend'),
    'A transaction that is not known is asked for.',
    ['getdata'],
    async (peer, stage) => {
      const transaction = stage.payment()
      await peer.send({
        type: 'inv',
        inventory: [{ type: InventoryType.WTX, hash: wtxid(transaction) }],
      })
      await peer.expect(
        'getdata',
        ({ inventory }) => inventory.some(({ hash }) => bytesEqual(hash, wtxid(transaction))),
        { timeout: RELAY_TIMEOUT },
      )
      return 'getdata'
    },
    { needs: [...BLOCKS.needs, 'wtxid-relay'] },
  ),
  fate(
    'tx/spends-nothing-known',
    onMessage('tx'),
    'A transaction whose inputs are not known ends nothing.',
    ['alive'],
    async (peer, stage) => {
      const transaction = stage.payment()
      const [input] = transaction.inputs
      const previousOutput = { ...input!.previousOutput, index: 77 }
      await peer.send({
        type: 'tx',
        transaction: { ...transaction, inputs: [{ ...input!, previousOutput }] },
      })
    },
    CHAIN,
  ),
  fate(
    'tx/known',
    onMessage('tx'),
    'A transaction that comes twice ends nothing.',
    ['alive'],
    async (peer, stage) => {
      const transaction = stage.payment()
      await peer.send({ type: 'tx', transaction }, { type: 'tx', transaction })
    },
    CHAIN,
  ),
  fate(
    'tx/without-outputs',
    onMessage('tx'),
    'A transaction without outputs: it is refused, or its sender.',
    ['alive', 'closed'],
    async (peer, stage) => {
      await peer.sendRaw(
        'tx',
        Uint8Array.of(2, 0, 0, 0, 1, ...new Uint8Array(36).fill(1), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      )
      await stage.dial()
    },
    { level: 'must' },
  ),
]
