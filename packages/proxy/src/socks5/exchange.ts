/**
 * What a SOCKS5 client says and hears (RFC 1928, RFC 1929).
 * https://www.rfc-editor.org/rfc/rfc1928
 * https://www.rfc-editor.org/rfc/rfc1929
 * @module
 */

import { ProxyError } from '../errors/proxy-error.ts'
import {
  ADDRESS_IPV4,
  ADDRESS_IPV6,
  ADDRESS_NAME,
  AUTHENTICATION_SUCCESS,
  AUTHENTICATION_VERSION,
  METHOD_NONE,
  METHOD_REFUSED,
  METHOD_USERNAME_PASSWORD,
  REPLY_SUCCEEDED,
  SOCKS_VERSION,
} from './protocol.ts'
import { replyError } from './replies.ts'

export type ExchangeStep = 'greeting' | 'authentication' | 'request'

/** Bytes of a reply before its bound address. */
const REPLY_HEADER_LENGTH = 4
const PORT_LENGTH = 2

/**
 * What a SOCKS5 proxy says, taken apart and checked, without any I/O: bytes in, whole answers out. Nothing is
 * passed on before all of it is there and allowed, so what stands behind it sees only answers it can trust.
 */
export interface Socks5Exchange {
  /** The answer that is waited for; undefined when the proxy has granted the request. */
  readonly step: ExchangeStep | undefined
  /** What came after the reply: the first bytes of the peer. */
  readonly head: Uint8Array
  /**
   * Takes bytes in whatever portions they came.
   * @returns the answer that they completed, if any.
   * @throws ProxyError when the proxy refuses, or breaks the protocol.
   */
  push(bytes: Uint8Array): Uint8Array | undefined
}

/** @param offersPassword whether the greeting offered username and password beside no authentication. */
export function createSocks5Exchange(offersPassword: boolean): Socks5Exchange {
  return new Exchange(offersPassword)
}

// A class: of an object with getters of its own V8 keeps what they hold until it collects everything.
class Exchange implements Socks5Exchange {
  readonly #offersPassword: boolean
  #step: ExchangeStep | undefined = 'greeting'
  #pending: Uint8Array = new Uint8Array(0)

  constructor(offersPassword: boolean) {
    this.#offersPassword = offersPassword
  }

  get step(): ExchangeStep | undefined {
    return this.#step
  }

  get head(): Uint8Array {
    return this.#step === undefined ? this.#pending : new Uint8Array(0)
  }

  push(bytes: Uint8Array): Uint8Array | undefined {
    this.#pending = this.#pending.length === 0 ? bytes : concatenate(this.#pending, bytes)
    return this.#step === undefined ? undefined : this.#take(this.#step)
  }

  #take(current: ExchangeStep): Uint8Array | undefined {
    const pending = this.#pending
    const length = answerLength(current, pending, this.#offersPassword)
    if (length === undefined || pending.length < length) return undefined
    const answer = pending.slice(0, length)
    this.#step = nextStep(current, answer)
    // Before its reply a proxy has nothing to say that was not asked for.
    if (this.#step !== undefined && pending.length > length) {
      throw violation(current, `${length} bytes`, `${pending.length} bytes`)
    }
    this.#pending = pending.subarray(length)
    return answer
  }
}

/**
 * Length of the answer whose beginning is given, as far as it can be told;
 * each byte is checked as soon as it is there.
 */
function answerLength(step: ExchangeStep, bytes: Uint8Array, offersPassword: boolean): number | undefined {
  switch (step) {
    case 'greeting':
      checkGreeting(bytes, offersPassword)
      return 2
    case 'authentication':
      checkAuthentication(bytes)
      return 2
    case 'request':
      return replyLength(bytes)
  }
}

function nextStep(step: ExchangeStep, answer: Uint8Array): ExchangeStep | undefined {
  if (step === 'greeting') return answer[1] === METHOD_USERNAME_PASSWORD ? 'authentication' : 'request'
  return step === 'authentication' ? 'request' : undefined
}

function checkGreeting(bytes: Uint8Array, offersPassword: boolean): void {
  const [version, method] = bytes
  if (version !== undefined && version !== SOCKS_VERSION) throw violation('greeting', SOCKS_VERSION, version)
  if (method === undefined || method === METHOD_NONE) return
  if (method === METHOD_USERNAME_PASSWORD && offersPassword) return
  // A password is wanted, or offered, by proxies that were not told that we have none:
  // the same answer as a refusal.
  if (method === METHOD_REFUSED || method === METHOD_USERNAME_PASSWORD) {
    const message = offersPassword
      ? 'The proxy accepts neither a password nor none'
      : 'The proxy wants an authentication, and there are no credentials for it'
    throw new ProxyError('no-acceptable-method', message, { step: 'greeting', received: method })
  }
  throw violation('greeting', 'a method that was offered', method)
}

function checkAuthentication(bytes: Uint8Array): void {
  const [version, status] = bytes
  if (version !== undefined && version !== AUTHENTICATION_VERSION) {
    throw violation('authentication', AUTHENTICATION_VERSION, version)
  }
  if (status !== undefined && status !== AUTHENTICATION_SUCCESS) {
    throw new ProxyError('authentication-failed', 'The proxy refused the username and password', {
      step: 'authentication',
      received: status,
    })
  }
}

function replyLength(bytes: Uint8Array): number | undefined {
  const [version, reply, reserved, addressType, nameLength] = bytes
  if (version !== undefined && version !== SOCKS_VERSION) throw violation('request', SOCKS_VERSION, version)
  // Some proxies close right after the code: what follows it has no meaning in a refusal.
  if (reply !== undefined && reply !== REPLY_SUCCEEDED) throw replyError(reply)
  // As Core does it.
  if (reserved !== undefined && reserved !== 0) throw violation('request', 0, reserved)
  switch (addressType) {
    case undefined:
      return undefined
    case ADDRESS_IPV4:
      return REPLY_HEADER_LENGTH + 4 + PORT_LENGTH
    case ADDRESS_IPV6:
      return REPLY_HEADER_LENGTH + 16 + PORT_LENGTH
    case ADDRESS_NAME:
      return nameLength === undefined ? undefined : REPLY_HEADER_LENGTH + 1 + nameLength + PORT_LENGTH
    default:
      throw violation('request', 'an address type of RFC 1928', addressType)
  }
}

function violation(step: ExchangeStep, expected: string | number, received: string | number): ProxyError {
  const message = `The proxy does not speak SOCKS5 at ${step}: expected ${expected}, received ${received}`
  return new ProxyError('protocol-violation', message, { step, expected, received })
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}
