/**
 * Why something between us and the peer failed.
 *
 * Of any of them:
 * - `invalid-options`: what a factory was given makes no sense; the message says what.
 * - `invalid-address`: the address cannot be carried (a name too long, an `.onion` name with a wrong
 *   checksum).
 * - `proxy-unreachable`: no connection to the proxy itself; `cause` is the operating system's error.
 * - `timeout`: nothing within `limit` milliseconds at `step`.
 * - `closed`: the proxy ended the connection at `step`.
 * - `protocol-violation`: the proxy answered at `step` with what its protocol does not allow; see `expected`,
 *   `received`.
 *
 * Of the router:
 * - `network-unreachable`: no route leads to the address's network; nothing was sent. (Also SOCKS5 reply 3.)
 *
 * Of a SOCKS5 proxy before the request:
 * - `no-acceptable-method`: it wants a method of authentication that we did not offer.
 * - `authentication-failed`: it refused the username and password. (Also of Tor's control port.)
 *
 * Of a SOCKS5 proxy in its reply (RFC 1928 §6; `reply` is the code):
 * `general-failure`, `not-allowed`, `network-unreachable`, `host-unreachable`, `connection-refused`,
 * `ttl-expired`, `command-not-supported`, `address-type-not-supported`, `unknown-reply`; and Tor's extended
 * errors (proposal 304): `onion-descriptor-not-found`, `onion-descriptor-invalid`,
 * `onion-introduction-failed`, `onion-rendezvous-failed`, `onion-authorization-missing`,
 * `onion-authorization-wrong`, `onion-address-invalid`, `onion-introduction-timeout`.
 *
 * Of Tor's control port:
 * - `control-refused`: a command was refused; `reply` is Tor's status code, `received` its text.
 *
 * Of I2P's SAM bridge (`received` is its text):
 * - `sam-refused`: any other result than the following.
 * - `i2p-peer-unreachable`, `i2p-key-not-found`, `i2p-invalid-key`, `i2p-timeout`,
 *   `i2p-duplicated-destination`.
 */
export type ProxyErrorCode =
  | 'invalid-options'
  | 'invalid-address'
  | 'proxy-unreachable'
  | 'timeout'
  | 'closed'
  | 'protocol-violation'
  | 'network-unreachable'
  | 'no-acceptable-method'
  | 'authentication-failed'
  | Socks5ReplyCode
  | 'control-refused'
  | 'sam-refused'
  | 'i2p-peer-unreachable'
  | 'i2p-key-not-found'
  | 'i2p-invalid-key'
  | 'i2p-timeout'
  | 'i2p-duplicated-destination'

/** What the reply of a SOCKS5 proxy can say, other than that it worked. */
export type Socks5ReplyCode =
  | 'general-failure'
  | 'not-allowed'
  | 'network-unreachable'
  | 'host-unreachable'
  | 'connection-refused'
  | 'ttl-expired'
  | 'command-not-supported'
  | 'address-type-not-supported'
  | 'onion-descriptor-not-found'
  | 'onion-descriptor-invalid'
  | 'onion-introduction-failed'
  | 'onion-rendezvous-failed'
  | 'onion-authorization-missing'
  | 'onion-authorization-wrong'
  | 'onion-address-invalid'
  | 'onion-introduction-timeout'
  | 'unknown-reply'

/**
 * Whether to try again.
 *
 * - `no`: the same attempt ends the same way until somebody changes the configuration or the address.
 * - `later`: the peer or the proxy may be there another time.
 * - `new-circuit`: worth a try at once by another way through the proxy's network (other isolation).
 */
export type RetryAdvice = 'no' | 'later' | 'new-circuit'

/** Where a conversation with a proxy was. */
export type ProxyStep =
  | 'connect'
  | 'greeting'
  | 'authentication'
  | 'request'
  | 'total'
  | 'command'
  | 'hello'
  | 'session'
  | 'naming'
  | 'stream'

/** What is known about a failure. A fact that does not apply is absent; none of them is ever a secret. */
export interface ProxyErrorFacts {
  readonly step?: ProxyStep
  /** Reply code of SOCKS5 (0 to 255) or of Tor's control port (500 to 599). */
  readonly reply?: number
  readonly retry?: RetryAdvice
  /** Milliseconds (`timeout`) or bytes. */
  readonly limit?: number
  /** What had to come, or be given. */
  readonly expected?: string | number
  /** What came, or was given. */
  readonly received?: string | number
  /** What was thrown below. */
  readonly cause?: unknown
}

/** Marks the class across copies of this package, which `instanceof` does not see through. */
const BRAND: symbol = Symbol.for('@sapwood/proxy/ProxyError')

/**
 * The only error class of this package; what went wrong is in `code`, the facts in fields.
 * Holds no credentials.
 */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  /** What went wrong. */
  readonly code: ProxyErrorCode
  declare readonly step?: ProxyStep
  declare readonly reply?: number
  /**
   * Default: `no` for what a try would not change (options, address, routing, authentication), else `later`.
   */
  readonly retry: RetryAdvice
  /** What was allowed. */
  declare readonly limit?: number
  /** What had to come, or be given. */
  declare readonly expected?: string | number
  /** What came, or was given. */
  declare readonly received?: string | number

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: ProxyErrorCode, message: string, facts: ProxyErrorFacts = {}) {
    const { cause, retry, ...fields } = facts
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retry = retry ?? (HOPELESS.has(code) ? 'no' : 'later')
    Object.assign(this, fields)
  }
}

const HOPELESS: ReadonlySet<ProxyErrorCode> = new Set<ProxyErrorCode>([
  'invalid-options',
  'invalid-address',
  'network-unreachable',
  'no-acceptable-method',
  'authentication-failed',
  'protocol-violation',
  'i2p-invalid-key',
])

/**
 * Whether a value is a `ProxyError`, also one of another copy of this package.
 * @example
 * isProxyError(new Error('another')) // false
 */
export function isProxyError(error: unknown): error is ProxyError {
  return typeof error === 'object' && error !== null && BRAND in error
}
