import { readFileSync } from 'node:fs'
import { freePort } from '../network/free-port.ts'
import type { CommandProject } from './command-project.ts'

/** A real bitcoind on regtest, run by the command of `@sapwood/integration`. */
export class Bitcoind {
  /** Of its peers, `host:port`. */
  readonly address: string
  readonly #rpcAddress: string
  readonly #cookieFile: string

  private constructor(address: string, rpcAddress: string, cookieFile: string) {
    this.address = address
    this.#rpcAddress = rpcAddress
    this.#cookieFile = cookieFile
  }

  /** @param project Where `@sapwood/integration` is installed. */
  static async start(project: CommandProject): Promise<Bitcoind> {
    const ports = ['--port', String(await freePort()), '--rpc-port', String(await freePort())]
    const serves = ['--', '-blockfilterindex', '-peerblockfilters']
    const { found } = await project.start(
      ['bitcoind', '--blocks', '0', ...ports, ...serves],
      / on (\S+): regtest[\s\S]*RPC is on (\S+), with the cookie (.*)\n/,
      'sapwood-integration',
    )
    return new Bitcoind(found[1]!, found[2]!, found[3]!)
  }

  /** Calls one of its methods. @throws Error with its answer. */
  async rpc<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const cookie = readFileSync(this.#cookieFile, 'utf8')
    const response = await fetch(`http://${this.#rpcAddress}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const { result, error } = (await response.json()) as { result: T; error?: unknown }
    if (error !== undefined && error !== null) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }
}
