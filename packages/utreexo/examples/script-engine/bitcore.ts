import { requireFrom } from '../../../../tools/npm/install-folder.ts'

/** The parts of bitcore-lib that are used here; it has no types of its own. */
export interface Bitcore {
  readonly Script: (new (
    bytes: Buffer,
  ) => BitcoreScript) & {
    readonly Interpreter: (new () => BitcoreInterpreter) & Readonly<Record<string, number>>
  }
  readonly Transaction: (new (
    bytes: Buffer,
  ) => BitcoreTransaction) & {
    readonly Output: new (output: { readonly script: BitcoreScript; readonly satoshis: number }) => unknown
  }
  readonly Opcode: Readonly<Record<string, number>>
}

interface BitcoreScript {
  toBuffer(): Buffer
}

interface BitcoreTransaction {
  readonly inputs: { output: unknown }[]
}

interface BitcoreInterpreter {
  readonly errstr: string
  verify(
    scriptSig: BitcoreScript,
    scriptPubKey: BitcoreScript,
    transaction: BitcoreTransaction,
    input: number,
    flags: number,
    witness: readonly Buffer[],
    satoshis: number,
  ): boolean
}

/** bitcore-lib, installed into this folder where it is not there yet. */
export const bitcore: Bitcore = requireFrom(import.meta.dirname, 'bitcore-lib')('bitcore-lib') as Bitcore
