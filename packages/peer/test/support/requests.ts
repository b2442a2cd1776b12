import { type Block, type BlockHash, type BlockHeader, type Transaction, txid } from '@sapwood/wire-codec'
import type { PeerError } from '../../src/index.ts'
import { network, ScriptedRemote, type ScriptedRemoteOptions } from './scripted-remote.ts'

export const MINUTE = 60_000

/** A remote that has said its half of the handshake. */
export async function ready(options: ScriptedRemoteOptions = {}): Promise<ScriptedRemote> {
  const remote = new ScriptedRemote(options)
  await remote.shakeHands()
  return remote
}

export function hashOf(n: number): BlockHash {
  return new Uint8Array(32).fill(n) as BlockHash
}

export function header(nonce: number, previousBlockHash: BlockHash = network.genesisHash): BlockHeader {
  return { ...network.genesis, nonce, previousBlockHash }
}

export function block(nonce: number): Block {
  return { header: header(nonce), transactions: [] }
}

export function transaction(lockTime: number, witness: Uint8Array[] = []): Transaction {
  const previousOutput = { txid: txid({ version: 1, inputs: [], outputs: [], lockTime: 0 }), index: 0 }
  return {
    version: 2,
    inputs: [{ previousOutput, scriptSig: new Uint8Array(0), sequence: 0, witness }],
    outputs: [],
    lockTime,
  }
}

/** The outcome of a promise, looked at without waiting. */
export function watch<T>(promise: Promise<T>): {
  readonly value: () => T | undefined
  readonly error: () => PeerError | undefined
} {
  let value: T | undefined
  let error: PeerError | undefined
  promise.then(
    (settled) => {
      value = settled
    },
    (reason: unknown) => {
      error = reason as PeerError
    },
  )
  return { value: () => value, error: () => error }
}

export function collect<T>(iterable: AsyncIterable<T>): {
  readonly items: T[]
  readonly end: ReturnType<typeof watch<'end'>>
} {
  const items: T[] = []
  const run = async (): Promise<'end'> => {
    for await (const item of iterable) items.push(item)
    return 'end'
  }
  return { items, end: watch(run()) }
}
