import { bytesEqual, bytesToHex, hashToHex, hexToBytes, type Transaction, txid } from '@sapwood/wire-codec'
import type { FilteredBlockItem, FilterPosition } from '@sapwood/node'

/** An output that pays to the script. Amounts in satoshi, hashes as text. */
interface Payment {
  readonly txid: string
  readonly index: number
  readonly value: string
  readonly height: number
  readonly spentAt?: number
}

/** What is known of one script, in a form that `localStorage` keeps. */
export interface Watch {
  /** As it was typed. */
  readonly label: string
  readonly script: string
  readonly payments: readonly Payment[]
  /** Up to where blocks have been looked at. */
  readonly position?: { readonly height: number; readonly hash: string; readonly filterHeader?: string }
}

/** What is known of a script before any block has been looked at. */
export function watchOf({ label, script }: Pick<Watch, 'label' | 'script'>): Watch {
  return { label, script, payments: [] }
}

/** One step of a stream of filtered blocks, into what was known before it. */
export function foldPayments(watch: Watch, item: FilteredBlockItem): Watch {
  if (item.type === 'passed') return { ...watch, position: positionText(item.position) }
  if (item.type === 'reorg') {
    const { fork } = item.change
    return { ...watch, payments: upTo(fork.height, watch.payments), position: positionText(fork) }
  }
  if (item.type === 'again') {
    // Filters were false: the blocks come once more, and so does what they pay.
    return { ...watchOf(watch), payments: upTo(item.from - 1, watch.payments) }
  }
  const payments = item.block.transactions.reduce(
    (known, transaction) => withTransaction(known, transaction, watch.script, item.height),
    watch.payments,
  )
  return { ...watch, payments, position: positionText(item) }
}

/** What blocks up to a height have said. */
function upTo(last: number, payments: readonly Payment[]): readonly Payment[] {
  return payments
    .filter(({ height }) => height <= last)
    .map(({ spentAt, ...payment }) => ({
      ...payment,
      ...(spentAt !== undefined && spentAt <= last && { spentAt }),
    }))
}

function withTransaction(
  payments: readonly Payment[],
  transaction: Transaction,
  script: string,
  height: number,
): readonly Payment[] {
  const spent = new Set(
    transaction.inputs.map(({ previousOutput: { txid: id, index } }) => `${hashToHex(id)}:${index}`),
  )
  const wanted = hexToBytes(script)
  const id = hashToHex(txid(transaction))
  const found = transaction.outputs.flatMap(({ value, scriptPubKey }, index) =>
    bytesEqual(scriptPubKey, wanted) ? [{ txid: id, index, value: value.toString(), height }] : [],
  )
  // A block that comes again says what it said before.
  const before = payments
    .filter((payment) => payment.txid !== id)
    .map((payment) =>
      spent.has(`${payment.txid}:${payment.index}`) ? { ...payment, spentAt: height } : payment,
    )
  return [...before, ...found]
}

function positionText({ height, hash, filterHeader }: FilterPosition): NonNullable<Watch['position']> {
  return {
    height,
    hash: bytesToHex(hash),
    ...(filterHeader !== undefined && { filterHeader: bytesToHex(filterHeader) }),
  }
}

/** Where a stream goes on. */
export function positionOf({ position }: Watch): FilterPosition | number {
  if (position === undefined) return 0
  return {
    height: position.height,
    hash: hexToBytes(position.hash) as FilterPosition['hash'],
    ...(position.filterHeader !== undefined && {
      filterHeader: hexToBytes(position.filterHeader),
    }),
  }
}
