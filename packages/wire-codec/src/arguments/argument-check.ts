import { HASH_SIZE } from '../crypto/sizes.ts'
import { describeValue, isBytes, quote } from './describe-value.ts'
import { didYouMean, nearestName } from './nearest-name.ts'

/**
 * What is wrong with an argument, as a sentence with a hint; undefined where nothing is.
 * @param path How the program that is told calls the value: `createNode: options.network`.
 */
export type ArgumentCheck = (value: unknown, path: string) => string | undefined

/** A check that a type and a range are enough for. @param expected In words: "expected …". */
export function argument(expected: string, isRight: (value: unknown) => boolean): ArgumentCheck {
  return (value, path) =>
    isRight(value) ? undefined : `${path}: expected ${expected}, got ${describeValue(value)}`
}

/** Any text. */
export const aText: ArgumentCheck = argument('a text', (value) => typeof value === 'string')
/** Yes or no. */
export const aBoolean: ArgumentCheck = argument('true or false', (value) => typeof value === 'boolean')
/** 64 bits and more. */
export const aBigint: ArgumentCheck = (value, path) => {
  if (typeof value === 'bigint') return undefined
  const hint = Number.isSafeInteger(value) ? `; write ${String(value)}n` : ''
  return `${path}: expected a bigint, got ${describeValue(value)}${hint}`
}
/** Something to call. */
export const aFunction: ArgumentCheck = argument('a function', (value) => typeof value === 'function')
/** A number of things, or of bytes; `Infinity` for no bound. */
export const aCount: ArgumentCheck = argument(
  'a number, 0 or more',
  (value) => typeof value === 'number' && value >= 0,
)
/** A whole number from 0 on. */
export const aHeight: ArgumentCheck = argument(
  'a whole number, 0 or more',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
)
/** A duration. */
export const milliseconds: ArgumentCheck = argument(
  'milliseconds, 0 or more',
  (value) => typeof value === 'number' && value >= 0,
)
/** What ends a call. */
export const aSignal: ArgumentCheck = (value, path) => {
  if (hasMethods(value, ['addEventListener', 'removeEventListener']) && 'aborted' in value) return undefined
  const hint = typeof value === 'object' && value !== null && 'signal' in value ? '; its `signal` is one' : ''
  return `${path}: expected an AbortSignal, got ${describeValue(value)}${hint}`
}

/** Bytes, of any length or of one. */
export function bytes(length?: number): ArgumentCheck {
  const expected = length === undefined ? 'bytes (a Uint8Array)' : `${length} bytes (a Uint8Array)`
  return (value, path) => {
    if (isBytes(value) && (length === undefined || value.length === length)) return undefined
    return `${path}: expected ${expected}, got ${describeValue(value)}${bytesHint(value)}`
  }
}

/** A hash in wire order. @param fromText The function that makes one of its text form. */
export function aHash(fromText = 'hashFromHex'): ArgumentCheck {
  return (value, path) => {
    if (isBytes(value) && value.length === HASH_SIZE) return undefined
    const hint =
      typeof value === 'string'
        ? `; ${fromText} of @sapwood/wire-codec makes it of its text`
        : bytesHint(value)
    return `${path}: expected a hash (a Uint8Array of ${HASH_SIZE} bytes), got ${describeValue(value)}${hint}`
  }
}

function bytesHint(value: unknown): string {
  if (typeof value === 'string') return '; hexToBytes of @sapwood/wire-codec makes them of hex'
  if (Array.isArray(value)) return '; Uint8Array.from makes them of a list'
  if (Object.prototype.toString.call(value) === '[object ArrayBuffer]') return '; new Uint8Array reads it'
  return ''
}

/** A Bitcoin network: an object, and not its name. */
export const aNetwork: ArgumentCheck = (value, path) => {
  if (hasBytes(value, 'magic') && hasBytes(value, 'genesisHash')) return undefined
  const hint = typeof value === 'string' ? `networkByName(${quote(value)})` : "networkByName('regtest')"
  return `${path}: expected a network, got ${describeValue(value)}; ${hint} of @sapwood/wire-codec gives one`
}

function hasBytes(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && isBytes((value as Record<string, unknown>)[name])
}

/** Something that a program implements. @param what Its name. @param methods What is called on it. */
export function anObjectWith(what: string, methods: readonly string[]): ArgumentCheck {
  return (value, path) => {
    if (hasMethods(value, methods)) return undefined
    if (typeof value !== 'object' || value === null)
      return `${path}: expected a ${what}, got ${describeValue(value)}`
    const missing = methods.filter((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
    return `${path}: expected a ${what}, got an object without ${missing.map((name) => `${name}()`).join(', ')}`
  }
}

function hasMethods(value: unknown, names: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

/** One of these texts. */
export function oneOf(...texts: readonly string[]): ArgumentCheck {
  return (value, path) => {
    if (typeof value === 'string' && texts.includes(value)) return undefined
    const near = typeof value === 'string' ? nearestName(value, texts) : undefined
    const expected = texts.map((text) => quote(text)).join(', ')
    return `${path}: expected one of ${expected}, got ${describeValue(value)}${didYouMean(near)}`
  }
}

/** One of several forms. */
export function either(expected: string, ...checks: readonly ArgumentCheck[]): ArgumentCheck {
  return argument(expected, (value) => checks.some((check) => check(value, '') === undefined))
}

/** This value itself, or what the check takes. */
export function orJust(own: unknown, check: ArgumentCheck): ArgumentCheck {
  return (value, path) => (value === own ? undefined : check(value, path))
}

/** A list, each of its elements as the check has it. */
export function listOf(check: ArgumentCheck): ArgumentCheck {
  return (value, path) => {
    if (!Array.isArray(value)) {
      const hint = check(value, path) === undefined ? '; put it into [ ]' : ''
      return `${path}: expected a list, got ${describeValue(value)}${hint}`
    }
    for (const [index, element] of value.entries()) {
      const fault = check(element, `${path}[${index}]`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

/** What is logged through. One that lacks a method logs less, and stops nothing. */
export const aLogger: ArgumentCheck = argument(
  'a logger (an object with debug, info, warn and error)',
  (value) => typeof value === 'object' && value !== null,
)

/** Whatever it is: somebody else looks at it. */
export const anything: ArgumentCheck = () => undefined

/** An option that has to be there. Of all others `undefined` is as good as nothing. */
export function needed(check: ArgumentCheck): ArgumentCheck & { readonly isNeeded: true } {
  return Object.assign(((value, path) => check(value, path)) satisfies ArgumentCheck, {
    isNeeded: true,
  } as const)
}

/** A check for every option of `O`; one that is forgotten does not compile. */
export type OptionChecks<O> = { readonly [Name in keyof O]-?: ArgumentCheck }

/** What is said of a name that is no option. */
export interface UnknownNames {
  /**
   * `refuse` any, or only what is `mistyped`: an object of components may be handed on with more in it than
   * is looked at here. Default: `refuse`.
   */
  readonly unknown?: 'refuse' | 'mistyped'
  /** Names that belong elsewhere, or are called otherwise, with what to say of them. */
  readonly hints?: Readonly<Record<string, string>>
}

/** An object of options. */
export function optionsOf<O extends object>(
  checks: OptionChecks<O>,
  { unknown = 'refuse', hints = {} }: UnknownNames = {},
): ArgumentCheck {
  const byName = new Map<string, ArgumentCheck & { readonly isNeeded?: true }>(Object.entries(checks))
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || isBytes(value))
      return `${path}: expected an object of options, got ${describeValue(value)}`
    const options = value as Readonly<Record<string, unknown>>
    for (const name of Object.keys(options)) {
      if (byName.has(name)) continue
      if (Object.hasOwn(hints, name)) return `${path}.${name}: ${hints[name]!}`
      const near = nearestName(name, byName.keys())
      if (near !== undefined || unknown === 'refuse')
        return `${path} has no ${quote(name)}${didYouMean(near)}${near === undefined ? listed(byName) : ''}`
    }
    for (const [name, check] of byName) {
      const option = options[name]
      if (option === undefined && check.isNeeded !== true) continue
      const fault = check(option, `${path}.${name}`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}

function listed(byName: ReadonlyMap<string, unknown>): string {
  return byName.size === 0 ? '' : `; there are ${[...byName.keys()].join(', ')}`
}
