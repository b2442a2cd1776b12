export {
  isProxyError,
  ProxyError,
  type ProxyErrorCode,
  type ProxyErrorFacts,
  type ProxyStep,
  type RetryAdvice,
  type Socks5ReplyCode,
} from './errors/proxy-error.ts'
export type { NetworkName } from './router/networks.ts'
export {
  createRouter,
  type ProxyByNetwork,
  type Route,
  type Router,
  type RouterOptions,
} from './router/router.ts'
export type { ProxyAddress } from './socket/proxy-address.ts'
export type { Socks5Credentials, Socks5Isolation } from './socks5/credentials.ts'
export { createSocks5Dialer, type ProxyComponents, type Socks5DialerOptions } from './socks5/dialer.ts'
export { DEFAULT_SOCKS5_TIMEOUTS, type Socks5Timeouts } from './socks5/timeouts.ts'
