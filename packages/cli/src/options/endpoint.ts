import { InvalidArgumentError } from 'commander'

/** Port of Tor's SOCKS5 server. */
export const TOR_PORT = 9_050
/** Port of an I2P router's SAM bridge. */
export const SAM_PORT = 7_656
/** Of TCP. */
export const HIGHEST_PORT = 65_535

/** `host:port`, `[v6]:port`, or the path of a Unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string }

/** Reads where something listens, with a port of its kind where none is given. */
export function endpoint(defaultPort: number): (text: string) => Endpoint {
  return (text) => {
    const path = text.startsWith('unix:') ? text.slice('unix:'.length) : text
    if (path.startsWith('/')) return { path }
    const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text)
    const host = found?.[1] ?? found?.[2]
    const port = found?.[3] === undefined ? defaultPort : Number(found[3])
    if (host === undefined || port < 1 || port > HIGHEST_PORT) {
      throw new InvalidArgumentError('host:port, or the path of a Unix socket, is wanted.')
    }
    return { host, port }
  }
}

/** As people write it. */
export function endpointText(endpoint: Endpoint): string {
  if ('path' in endpoint) return endpoint.path
  const { host, port } = endpoint
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
