import { InvalidArgumentError } from 'commander'
import { HIGHEST_PORT } from './endpoint.ts'

/** Where something listens. */
export interface Listening {
  /** A local IP address. Default: `127.0.0.1`. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
}

/** `port`, `host:port` or `[v6]:port`. */
export function listening(text: string): Listening {
  const found = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3])
  if (found === null || port > HIGHEST_PORT) {
    throw new InvalidArgumentError('A port, or host:port, is wanted.')
  }
  return { port, ...(host !== undefined && { host }) }
}
