import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { IntegrationError } from '../errors/integration-error.ts'

/** Longest that one call may take by default, in milliseconds. */
export const RPC_TIMEOUT = 120_000

export interface RpcClientOptions {
  readonly host: string
  readonly port: number
  /** The file that bitcoind writes its credentials to at every start. */
  readonly cookieFile: string
  /** {@link RPC_TIMEOUT} by default. */
  readonly timeout?: number
}

/** bitcoind's JSON-RPC over HTTP, with cookie authentication and kept connections. */
export class RpcClient {
  readonly #options: RpcClientOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  #authorization: string | undefined
  #nextId = 1

  constructor(options: RpcClientOptions) {
    this.#options = options
  }

  /**
   * Calls a method.
   * @param params by position; `undefined` at the end is left out. Bigints are written as numbers.
   * @returns the result, as the caller says it is.
   * @throws IntegrationError `rpc-error` with bitcoind's own code and message, `rpc-unreachable` when there is no answer.
   */
  async call<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> {
    const id = this.#nextId++
    const body = JSON.stringify({ jsonrpc: '1.0', id, method, params }, bigintAsNumber)
    const answer = await this.#post(method, body)
    let parsed: { result: T; error: { code: number; message: string } | null }
    try {
      parsed = JSON.parse(answer) as typeof parsed
    } catch (cause) {
      const message = `${method}: not a JSON answer: ${answer.slice(0, 200)}`
      throw new IntegrationError('rpc-unreachable', message, { cause })
    }
    if (parsed.error !== null) {
      const { code, message } = parsed.error
      throw new IntegrationError('rpc-error', `${method}: ${message} (${code})`, { rpcCode: code })
    }
    return parsed.result
  }

  /** Ends the kept connections. */
  close(): void {
    this.#agent.destroy()
  }

  async #post(method: string, body: string): Promise<string> {
    try {
      this.#authorization ??= `Basic ${(await readFile(this.#options.cookieFile)).toString('base64')}`
      return await this.#exchange(body, this.#authorization)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new IntegrationError('rpc-unreachable', `${method}: bitcoind does not answer: ${why}`, { cause })
    }
  }

  async #exchange(body: string, authorization: string): Promise<string> {
    const { host, port, timeout = RPC_TIMEOUT } = this.#options
    return await new Promise<string>((resolve, reject) => {
      const headers = {
        authorization,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      const sent = request(
        { host, port, method: 'POST', agent: this.#agent, headers, timeout },
        (response) => {
          if (response.statusCode === 401) {
            // The file was that of an earlier bitcoind, which was killed before it could remove it.
            this.#authorization = undefined
            response.resume()
            reject(new Error('it refuses the credentials of the cookie file'))
            return
          }
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
        },
      )
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout} ms`)))
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
