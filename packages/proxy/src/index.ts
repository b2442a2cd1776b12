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
  type Router,
  type RouterOptions,
} from './router/router.ts'
export type { ProxyDialer, Route } from './router/route.ts'
export type { ProxyAddress } from './socket/proxy-address.ts'
export type { Socks5Credentials, Socks5Isolation } from './socks5/credentials.ts'
export { createSocks5Dialer, type ProxyComponents, type Socks5DialerOptions } from './socks5/dialer.ts'
export { DEFAULT_SOCKS5_TIMEOUTS, type Socks5Timeouts } from './socks5/timeouts.ts'
export type { TorAuthenticationMethod, TorAuthenticationOptions } from './tor/authenticate.ts'
export { DEFAULT_TOR_CONTROL_TIMEOUTS, type TorControlTimeouts } from './tor/control-connection.ts'
export type { OnionServiceOptions, OnionTarget } from './tor/onion-service.ts'
export {
  createTorControl,
  DEFAULT_TOR_CONTROL,
  type OnionService,
  parseTorEventFields,
  type TorControl,
  type TorControlComponents,
  type TorControlOptions,
} from './tor/tor-control.ts'
export { DEFAULT_SAM_TIMEOUTS, type SamTimeouts } from './i2p/sam-connection.ts'
export { createSamDialer } from './i2p/sam-dialer.ts'
export { createSamListener, type I2pInboundStream, type SamListener } from './i2p/sam-listener.ts'
export { DEFAULT_SAM, type SamComponents, type SamOptions } from './i2p/sam-options.ts'
export {
  createSamSession,
  type I2pConnection,
  type SamSession,
  type SamSessionOptions,
} from './i2p/sam-session.ts'
