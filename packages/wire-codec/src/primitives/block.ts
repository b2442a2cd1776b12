import type { BlockHeader } from './header.ts'
import type { Transaction } from './transaction.ts'

export interface Block {
  readonly header: BlockHeader
  readonly transactions: readonly Transaction[]
}
