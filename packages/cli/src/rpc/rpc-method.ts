import type { RpcArguments } from './rpc-arguments.ts'
import type { RpcContext } from './rpc-context.ts'

/** One method, in Bitcoin Core's name and shape. */
export interface RpcMethod {
  /** In their order; what is in brackets in `help` may be left out. */
  readonly parameters: readonly string[]
  /** As `help` lists it: the name with its arguments. */
  readonly usage: string
  run(context: RpcContext, given: RpcArguments): unknown
}

/** Methods of one topic, by name. */
export type MethodFamily = Readonly<Record<string, RpcMethod>>

/** A method of these arguments; `name?` may be left out. */
export function method(
  name: string,
  parameters: readonly string[],
  run: RpcMethod['run'],
): readonly [string, RpcMethod] {
  const usage = [
    name,
    ...parameters.map((each) => (each.endsWith('?') ? `( ${each.slice(0, -1)} )` : each)),
  ].join(' ')
  return [name, { parameters: parameters.map((each) => each.replace(/\?$/, '')), usage, run }]
}
