import type { ArgumentCheck } from './argument-check.ts'
import { describeValue, isBytes } from './describe-value.ts'

/** A block header: not a block, nor the bytes of either. */
export const aHeader: ArgumentCheck = (value, path) => {
  if (field(value, 'previousBlockHash') !== undefined) return undefined
  const hint =
    field(value, 'header') !== undefined
      ? '; give its `header`'
      : isBytes(value)
        ? '; decodeHeader reads one'
        : ''
  return `${path}: expected a block header, got ${describeValue(value)}${hint}`
}

/** A transaction: not its bytes, nor a message that carries it. */
export const aTransaction: ArgumentCheck = (value, path) => {
  if (field(value, 'inputs') !== undefined) return undefined
  const hint =
    field(value, 'transaction') !== undefined
      ? '; give its `transaction`'
      : isBytes(value)
        ? '; decodeTransaction reads one'
        : typeof value === 'string'
          ? '; decodeTransaction(hexToBytes(…)) reads one from hex'
          : typeof value === 'object'
            ? '; of a clone of one that was decoded nothing is left: clone toPlain(transaction)'
            : ''
  return `${path}: expected a transaction, got ${describeValue(value)}${hint}`
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
