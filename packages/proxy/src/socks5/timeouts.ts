/** Durations in milliseconds. */
export interface Socks5Timeouts {
  /** Until the proxy has taken the connection. Default: 5,000 (Core's `-timeout`). */
  readonly connect: number
  /** Until it has chosen a method. Default: 20,000 (Core's limit for each answer of a SOCKS5 proxy). */
  readonly greeting: number
  /** Until it has judged the credentials. Default: 20,000. */
  readonly authentication: number
  /**
   * Until the peer is connected. Default: 60,000. Core gives it 20 s too; a circuit to an onion service that was not
   * visited before often takes longer, and Tor itself gives up after 2 minutes.
   */
  readonly request: number
  /** All of it. Default: 90,000. */
  readonly total: number
}

export const DEFAULT_SOCKS5_TIMEOUTS: Socks5Timeouts = {
  connect: 5_000,
  greeting: 20_000,
  authentication: 20_000,
  request: 60_000,
  total: 90_000,
}
