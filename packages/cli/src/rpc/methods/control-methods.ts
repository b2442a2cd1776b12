import { SECOND } from '@sapwood/transport-v1v2/environment'
import { RPC_CODE, RpcError } from '../rpc-error.ts'
import { type MethodFamily, method, type RpcMethod } from '../rpc-method.ts'
import { addressMethods } from './address-methods.ts'
import { chainMethods } from './chain-methods.ts'
import { networkMethods } from './network-methods.ts'
import { transactionMethods } from './transaction-methods.ts'

/** Categories of Core's log that ours has something for. */
const CATEGORIES = ['net'] as const

const control: MethodFamily = Object.fromEntries([
  method('stop', [], ({ stop }) => {
    stop()
    return 'Sapwood stopping'
  }),
  method('uptime', [], ({ node, clock }) =>
    Math.max(0, Math.floor((clock.wallTime() - node.info().startedAt) / SECOND)),
  ),
  method('help', ['command?'], (_, given) => {
    const name = given.optionalText('command')
    if (name === undefined || name === '') {
      return [...rpcMethods.values()]
        .map(({ usage }) => usage)
        .sort()
        .join('\n')
    }
    return rpcMethods.get(name)?.usage ?? `help: unknown command: ${name}`
  }),
  method('logging', ['include?', 'exclude?'], ({ debugLog }, given) => {
    for (const [name, enabled] of [
      ['include', true],
      ['exclude', false],
    ] as const) {
      const categories = given.raw(name)
      if (categories === undefined) continue
      if (!Array.isArray(categories)) {
        throw new RpcError(RPC_CODE.typeError, `${name} is not of expected type array`)
      }
      for (const category of categories as readonly unknown[]) {
        if (typeof category !== 'string') {
          throw new RpcError(RPC_CODE.typeError, `A category of ${name} is not of expected type string`)
        }
        if (category !== 'net' && category !== 'all' && category !== '1') {
          throw new RpcError(RPC_CODE.invalidParameter, `unknown logging category ${category}`)
        }
        debugLog.enabled = enabled
      }
    }
    return Object.fromEntries(CATEGORIES.map((name) => [name, debugLog.enabled]))
  }),
])

/** Every method that there is, by name. */
export const rpcMethods: ReadonlyMap<string, RpcMethod> = new Map(
  Object.entries({
    ...networkMethods,
    ...chainMethods,
    ...addressMethods,
    ...transactionMethods,
    ...control,
  }),
)
