import {
  type Block,
  blockBytes,
  decodeBlock,
  decodeTransaction,
  encodeTransaction,
  type Transaction,
} from '@sapwood/wire-codec'
import { isNodeError, NodeError, type NodeErrorCode, type NodeErrorFacts } from '../index.ts'

/** Stands before what a port would not carry as it is: a port copies data, and no class. */
const TAG = '@sapwood/node'
/** Causes of an error that are told. */
const MAX_TOLD_CAUSES = 8

type Packed =
  | { readonly [TAG]: 'block' | 'transaction'; readonly bytes: Uint8Array }
  | { readonly [TAG]: 'signal' }
  | { readonly [TAG]: 'error'; readonly name: string; readonly message: string; readonly facts: object }

/** A value as a port carries it. @throws NodeError `invalid-argument` for a function and for a symbol. */
export function packValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new NodeError('invalid-argument', `A ${typeof value} cannot be given to a node behind a port`)
  if (typeof value !== 'object' || value === null) return value
  // Of a view, all of the memory that it looks at would be copied.
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (value instanceof AbortSignal) return { [TAG]: 'signal' }
  if (value instanceof Error) return packError(value, depth)
  if (Array.isArray(value)) return value.map((each) => packValue(each, depth))
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, packValue(each, depth)]))
  if (value instanceof Set || value instanceof Date) return value
  if (isBlock(value)) return { [TAG]: 'block', bytes: Uint8Array.from(blockBytes(value)) }
  if (isTransaction(value)) return { [TAG]: 'transaction', bytes: encodeTransaction(value) }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, packValue(each, depth)]))
}

/** A value as it was. @param signal Stands for the signal that the call was given. */
export function unpackValue(value: unknown, signal?: AbortSignal): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (Array.isArray(value)) return value.map((each) => unpackValue(each, signal))
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, unpackValue(each, signal)]))
  if (value instanceof Set || value instanceof Date) return value
  if (TAG in value) return unpackTagged(value as Packed, signal)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpackValue(each, signal)]))
}

function unpackTagged(packed: Packed, signal: AbortSignal | undefined): unknown {
  switch (packed[TAG]) {
    case 'block':
      return decodeBlock(packed.bytes)
    case 'transaction':
      return decodeTransaction(packed.bytes)
    case 'signal':
      return signal
    case 'error':
      return unpackError(packed.name, packed.message, unpackValue(packed.facts) as object)
  }
}

function packError(error: Error, depth: number): unknown {
  const facts: Record<string, unknown> = {}
  for (const [key, value] of [...Object.entries(error), ['cause', error.cause] as const]) {
    if (value === undefined || depth >= MAX_TOLD_CAUSES || !isData(value)) continue
    try {
      facts[key] = packValue(value, depth + 1)
    } catch {
      // A dialer's or a store's error may hold anything, itself too: what no port carries is left out.
    }
  }
  return {
    [TAG]: 'error',
    name: isNodeError(error) ? 'NodeError' : error.name,
    message: error.message,
    facts,
  }
}

function unpackError(name: string, message: string, facts: object): Error {
  if (name === 'NodeError') {
    const { code, ...rest } = facts as { readonly code: NodeErrorCode } & NodeErrorFacts
    return new NodeError(code, message, rest)
  }
  const { cause, ...rest } = facts as { readonly cause?: unknown }
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { ...rest, name })
}

/** Not an instance of a class, such as a socket, which holds half of the process. */
function isData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Error) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || value instanceof Map || value instanceof Set
}

function isBlock(value: object): value is Block {
  return 'transactions' in value && 'header' in value && Array.isArray(value.transactions)
}

function isTransaction(value: object): value is Transaction {
  return 'inputs' in value && 'outputs' in value && 'lockTime' in value && Array.isArray(value.inputs)
}
