import {
  bytesToHex,
  hashToHex,
  hasWitness,
  toJson,
  type Transaction,
  transactionSize,
  transactionVirtualSize,
  transactionWeight,
  txid,
  wtxid,
} from '@sapwood/wire-codec'
import type { Line } from '../terminal/report.ts'

/** Satoshis in a bitcoin. */
const COIN = 100_000_000n
/** Digits of a satoshi. */
const COIN_DIGITS = 8

/** A transaction as a line of JSON. */
export function transactionLine(transaction: Transaction): Line {
  return {
    type: 'transaction',
    txid: hashToHex(txid(transaction)),
    wtxid: hashToHex(wtxid(transaction)),
    size: transactionSize(transaction),
    virtualSize: transactionVirtualSize(transaction),
    weight: transactionWeight(transaction),
    transaction: toJson(transaction),
  }
}

/** A transaction for people. */
export function transactionText(transaction: Transaction): string {
  const { inputs, outputs, version, lockTime } = transaction
  return [
    `txid       ${hashToHex(txid(transaction))}`,
    ...(hasWitness(transaction) ? [`wtxid      ${hashToHex(wtxid(transaction))}`] : []),
    `size       ${transactionSize(transaction)} bytes, ${transactionVirtualSize(transaction)} virtual, weight ${transactionWeight(transaction)}`,
    `version    ${version}, lock time ${lockTime}`,
    ...inputs.map(
      ({ previousOutput, sequence, witness }) =>
        `input      ${hashToHex(previousOutput.txid)}:${previousOutput.index}, sequence ${sequence.toString(16)}, ${witness.length} witness items`,
    ),
    ...outputs.map(({ value, scriptPubKey }) => `output     ${coins(value)} to ${bytesToHex(scriptPubKey)}`),
  ].join('\n')
}

/** Satoshis as bitcoins, all eight digits. */
export function coins(value: bigint): string {
  return `${value / COIN}.${(value % COIN).toString().padStart(COIN_DIGITS, '0')}`
}
