import { RPC_CODE, RpcError } from './rpc-error.ts'

/** What a call was given, by the names of the method's parameters. Whatever is missing is absent. */
export class RpcArguments {
  readonly #values: ReadonlyMap<string, unknown>

  /** @throws RpcError for more arguments, or others, than the method has. */
  constructor(parameters: readonly string[], given: unknown) {
    const values = new Map<string, unknown>()
    if (Array.isArray(given)) {
      if (given.length > parameters.length) {
        throw new RpcError(RPC_CODE.misc, `Too many arguments: this method takes ${parameters.length}`)
      }
      given.forEach((value: unknown, index) => values.set(parameters[index]!, value))
    } else if (typeof given === 'object' && given !== null) {
      for (const [name, value] of Object.entries(given)) {
        if (!parameters.includes(name)) {
          throw new RpcError(RPC_CODE.invalidParameter, `Unknown named parameter ${name}`)
        }
        values.set(name, value)
      }
    } else if (given !== undefined && given !== null) {
      throw new RpcError(RPC_CODE.invalidRequest, 'Params must be an array or object')
    }
    for (const [name, value] of values) if (value === null) values.delete(name)
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  raw(name: string): unknown {
    return this.#values.get(name)
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

  #typed(name: string, type: string): unknown {
    const value = this.#values.get(name)
    if (value === undefined) throw new RpcError(RPC_CODE.misc, `The argument ${name} is missing`)
    if (typeof value === type) return value
    throw new RpcError(
      RPC_CODE.typeError,
      `JSON value of type ${typeof value} for ${name} is not of expected type ${type}`,
    )
  }
}
