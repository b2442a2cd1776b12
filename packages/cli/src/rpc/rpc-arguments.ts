import { invalidParameter, RPC_CODE, RpcError } from './rpc-error.ts'

/**
 * What a call was given, by the names of the method's parameters. Whatever is missing is absent, and so is
 * `null` where it may be missing.
 */
export class RpcArguments {
  readonly #values: ReadonlyMap<string, unknown>

  /** @throws RpcError for more arguments, or others, than the method has. */
  constructor(parameters: readonly string[], given: unknown) {
    const values = new Map<string, unknown>()
    const inOrder = (list: readonly unknown[]): void => {
      if (list.length > parameters.length) {
        throw new RpcError(RPC_CODE.misc, `Too many arguments: this method takes ${parameters.length}`)
      }
      list.forEach((value, index) => values.set(parameters[index]!, value))
    }
    if (Array.isArray(given)) inOrder(given)
    else if (typeof given === 'object' && given !== null) {
      const { args, ...named } = given as Readonly<Record<string, unknown>>
      // What `bitcoin-cli -named` is given without a name.
      if (Array.isArray(args)) inOrder(args)
      else if (args !== undefined) throw unknownName('args')
      for (const [name, value] of Object.entries(named)) {
        if (!parameters.includes(name)) throw unknownName(name)
        if (values.has(name)) throw invalidParameter(`Parameter ${name} specified twice`)
        values.set(name, value)
      }
    } else if (given !== undefined && given !== null) {
      throw new RpcError(RPC_CODE.invalidRequest, 'Params must be an array or object')
    }
    this.#values = values
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined
  }

  raw(name: string): unknown {
    return this.#values.get(name) ?? undefined
  }

  text(name: string): string {
    return this.#typed(name, 'string') as string
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  boolean(name: string, absent?: boolean): boolean {
    if (!this.has(name) && absent !== undefined) return absent
    return this.#typed(name, 'boolean') as boolean
  }

  /** A whole number; `bitcoin-cli` gives numbers as such where Core's method takes one. */
  integer(name: string, absent?: number): number {
    if (!this.has(name) && absent !== undefined) return absent
    const value = this.#typed(name, 'number') as number
    if (Number.isSafeInteger(value)) return value
    throw new RpcError(RPC_CODE.misc, 'JSON integer out of range')
  }

  /** An amount of bitcoins, as a number or in text; it may be missing. */
  checkAmount(name: string): void {
    const value = this.raw(name)
    if (value === undefined) return
    if (typeof value !== 'number' && typeof value !== 'string')
      throw new RpcError(RPC_CODE.typeError, 'Amount is not a number or string')
    const isAmount = typeof value === 'number' ? value >= 0 : /^\d+(\.\d{1,8})?$/.test(value)
    if (!isAmount) throw new RpcError(RPC_CODE.typeError, 'Invalid amount')
  }

  #typed(name: string, type: string): unknown {
    const value = this.#values.get(name)
    if (value === undefined) throw new RpcError(RPC_CODE.misc, `The argument ${name} is missing`)
    if (typeof value === type) return value
    throw new RpcError(
      RPC_CODE.typeError,
      `JSON value of type ${typeName(value)} for ${name} is not of expected type ${type === 'boolean' ? 'bool' : type}`,
    )
  }
}

function unknownName(name: string): RpcError {
  return invalidParameter(`Unknown named parameter ${name}`)
}

/** As UniValue names what a text of JSON holds (`uvTypeName`). */
function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
