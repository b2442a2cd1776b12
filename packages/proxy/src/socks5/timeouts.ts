/** Durations in milliseconds. */
export interface Socks5Timeouts {
  /** Until the proxy has taken the connection. Default: 5,000 (Core's `-timeout`). */
  readonly connect: number
  /** Until it has chosen a method. Default: 20,000 (Core's limit for each answer of a SOCKS5 proxy). */
  readonly greeting: number
  /** Until it has judged the credentials. Default: 20,000. */
  readonly authentication: number
  /**
   * Until the peer is connected. Default: 20,000, as in Core, which fits into the 30 s that `connect` gives
   * an attempt. A circuit to an onion service that was not visited before may take longer, and Tor itself
   * gives up after 2 minutes: whoever wants to wait sets this, `total`, and the attempt's deadline of
   * `connect`.
   */
  readonly request: number
  /** All of it. Default: 30,000. */
  readonly total: number
}

/** How long a SOCKS5 proxy has for each step, unless told otherwise. */
export const DEFAULT_SOCKS5_TIMEOUTS: Socks5Timeouts = {
  connect: 5_000,
  greeting: 20_000,
  authentication: 20_000,
  request: 20_000,
  total: 30_000,
}
