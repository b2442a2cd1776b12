import { Purse, RpcClient } from '@sapwood/integration'
import { type Driver, DriverError, isDriverError } from './driver.ts'

/** Port of bitcoind's RPC on regtest. */
const REGTEST_RPC_PORT = 18_443
/** Coins that are mined before the first payment. */
const COINS = 4

/** bitcoind's RPC as a driver: what Bitcoin Core, Knots and others of its kind know. */
export interface RpcDriverOptions {
  /** `http://HOST:PORT`, with `USER:PASSWORD@` where there is no cookie. Default: `http://127.0.0.1:18443`. */
  readonly url?: string
  /** The file that bitcoind writes its credentials to at every start. */
  readonly cookieFile?: string
}

/**
 * Drives a bitcoind by its RPC. No wallet of it is needed.
 * @throws DriverError `unusable` where it does not answer, or is not on regtest.
 */
export async function openRpcDriver({ url, cookieFile }: RpcDriverOptions = {}): Promise<Driver> {
  const client = clientOf(url ?? `http://127.0.0.1:${REGTEST_RPC_PORT}`, cookieFile)
  const rpc = <T>(method: string, ...params: readonly unknown[]): Promise<T> => client.call(method, ...params)
  try {
    const { chain } = await rpc<{ chain: string }>('getblockchaininfo')
    // Elsewhere nobody mines at will, and what is paid has a worth.
    if (chain !== 'regtest')
      throw new DriverError('unusable', `the bitcoind is on '${chain}', not on regtest`)
  } catch (error) {
    client.close()
    if (isDriverError(error)) throw error
    throw new DriverError('unusable', error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
  const purse = new Purse(rpc)
  let funded: Promise<void> | undefined
  return {
    mine: async (count) => {
      const { descriptor } = await rpc<{ descriptor: string }>('getdescriptorinfo', 'raw(51)')
      return await rpc<string[]>('generatetodescriptor', count, descriptor)
    },
    setTime: async (seconds) => {
      await rpc('setmocktime', seconds)
    },
    pay: async (script, satoshi) => {
      funded ??= purse.fund(COINS)
      await funded
      return await purse.pay(script, satoshi)
    },
    close: () => Promise.resolve(client.close()),
  }
}

function clientOf(text: string, cookieFile: string | undefined): RpcClient {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new DriverError('unusable', 'the URL of the RPC cannot be read', { cause })
  }
  const { protocol, hostname, port, username, password } = url
  // The URL itself is not told: it may hold a password.
  if (protocol !== 'http:') throw new DriverError('unusable', `the RPC is reached by http:, not ${protocol}`)
  if (cookieFile === undefined && password === '') {
    throw new DriverError('unusable', 'the RPC needs a cookie file, or USER:PASSWORD@ in its URL')
  }
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return new RpcClient({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? REGTEST_RPC_PORT : Number(port),
    ...(cookieFile === undefined ? { credentials } : { cookieFile }),
  })
}
