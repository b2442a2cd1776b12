import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { type Clock, deadlineSignal, MINUTE, systemClock } from '@sapwood/transport-v1v2/environment'
import { IntegrationError, type IntegrationErrorDetails } from '../errors/integration-error.ts'

/** Longest that one call may take by default, in milliseconds. */
const RPC_TIMEOUT = 2 * MINUTE

/** Where an RPC server is, and how it knows us. */
export interface RpcClientOptions {
  readonly host: string
  readonly port: number
  /** The file that bitcoind writes its credentials to at every start. */
  readonly cookieFile?: string
  /** `USER:PASSWORD` of a bitcoind that was given them, instead of a cookie file. */
  readonly credentials?: string
  /** Milliseconds; 120,000 by default. */
  readonly timeout?: number
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Asked, for each call that fails, for what else its error has to say: a log's last lines. */
  readonly facts?: () => IntegrationErrorDetails
}

/**
 * bitcoind's JSON-RPC over HTTP, authenticated by its cookie file or by a password, over kept connections.
 */
export class RpcClient {
  readonly #options: RpcClientOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })
  #authorization: string | undefined
  #nextId = 1
  #closed = false

  constructor(options: RpcClientOptions) {
    this.#options = options
  }

  /**
   * Calls a method.
   * @param params by position; `undefined` at the end is left out. Bigints are written as numbers.
   * @returns the result, as the caller says it is.
   * @throws IntegrationError `rpc-error` with bitcoind's own code and message, `rpc-unreachable` when there
   * is no answer.
   */
  async call<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> {
    const id = this.#nextId++
    const body = JSON.stringify({ jsonrpc: '1.0', id, method, params }, bigintAsNumber)
    const answer = await this.#post(method, body)
    let parsed: { result: T; error?: { code: number; message: string } | null }
    try {
      parsed = JSON.parse(answer) as typeof parsed
    } catch (cause) {
      const message = `${method}: not a JSON answer: ${answer.slice(0, 200)}`
      throw this.#error('rpc-unreachable', message, { cause })
    }
    // JSON-RPC 2.0, and btcd's, leave it out of an answer.
    if (parsed.error) {
      const { code, message } = parsed.error
      throw this.#error('rpc-error', `${method}: ${message} (${code})`, { rpcCode: code })
    }
    return parsed.result
  }

  /** Ends the kept connections, and calls that are under way. */
  close(): void {
    this.#closed = true
    this.#agent.destroy()
  }

  async #post(method: string, body: string): Promise<string> {
    try {
      this.#authorization ??= `Basic ${(await this.#credentials()).toString('base64')}`
      const authorization = this.#authorization
      try {
        return await this.#exchange(body, authorization, this.#agent)
      } catch (error) {
        if (!(error instanceof StaleConnection) || this.#closed) throw error
        return await this.#exchange(body, authorization, false)
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw this.#error('rpc-unreachable', `${method}: bitcoind does not answer: ${why}`, { cause })
    }
  }

  #error(
    code: 'rpc-error' | 'rpc-unreachable',
    message: string,
    details: IntegrationErrorDetails,
  ): IntegrationError {
    return new IntegrationError(code, message, { ...details, ...this.#options.facts?.() })
  }

  async #credentials(): Promise<Buffer> {
    const { credentials, cookieFile } = this.#options
    if (credentials !== undefined) return Buffer.from(credentials)
    if (cookieFile !== undefined) return await readFile(cookieFile)
    throw new TypeError('neither credentials nor a cookie file were given')
  }

  /** @param agent false for a connection of its own. */
  async #exchange(body: string, authorization: string, agent: Agent | false): Promise<string> {
    const { host, port, timeout = RPC_TIMEOUT, clock = systemClock } = this.#options
    const { signal, cancel } = deadlineSignal(clock, timeout)
    const answer = new Promise<string>((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(signal.aborted ? new Error(`no answer within ${timeout} ms`) : error)
      const headers = {
        authorization,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      const sent = request({ host, port, method: 'POST', agent, headers, signal }, (response) => {
        if (response.statusCode === 401) {
          // The file was that of an earlier bitcoind, which was killed before it could remove it.
          this.#authorization = undefined
          response.resume()
          reject(new Error('it refuses the credentials'))
          return
        }
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', fail)
        response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
      })
      let readBefore = 0
      sent.on('socket', (socket) => (readBefore = socket.bytesRead))
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const unanswered = sent.socket === null || sent.socket.bytesRead === readBefore
        const ended = error.code === 'ECONNRESET' || error.code === 'EPIPE'
        fail(sent.reusedSocket && unanswered && ended ? new StaleConnection(error) : error)
      })
      sent.end(body)
    })
    return await answer.finally(cancel)
  }
}

/**
 * A kept connection was ended by bitcoind (`-rpcservertimeout`) before we could know: the call was not read
 * there, and goes out once more on a new one.
 */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
