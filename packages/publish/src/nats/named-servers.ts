import { PublishError } from '../errors/publish-error.ts'

/** Servers, and who we are to them, as the client takes them. */
export interface NamedServers {
  /** Without what is not to be seen: they stand in messages. */
  readonly servers: string[]
  readonly user?: string
  readonly pass?: string
  readonly token?: string
  /** Present where the way to them has to be encrypted; else it is where the server can. */
  readonly tls?: object
}

/** `scheme://`, then what stands before the last `@`. */
const SERVER = /^(?:(\w+):\/\/)?(?:(.*)@)?([^@]*)$/
/** What we speak: the client itself takes any scheme for the first of these. */
const SCHEMES = ['nats', 'tls']

/**
 * Takes user and password, or a token, out of addresses: the last that has some counts for all. One of
 * `tls://` makes all so: nobody's password goes in the clear where somebody asked for the opposite.
 * @throws PublishError `invalid-argument` for another scheme; it shows no credentials.
 */
export function namedServers(texts: readonly string[]): NamedServers {
  let credentials: Omit<NamedServers, 'servers'> = {}
  const schemes = new Set<string>()
  const servers = texts.map((text) => {
    const [, given, secret, host = ''] = SERVER.exec(text) ?? []
    const scheme = given?.toLowerCase()
    if (scheme !== undefined && !SCHEMES.includes(scheme)) {
      throw new PublishError('invalid-argument', `NATS is reached by nats:// and tls://, not by ${scheme}://`)
    }
    if (secret !== undefined) credentials = credentialsOf(secret)
    if (scheme === undefined) return host
    schemes.add(scheme)
    return `${scheme}://${host}`
  })
  return { servers, ...credentials, ...(schemes.has('tls') && { tls: {} }) }
}

function credentialsOf(secret: string): Omit<NamedServers, 'servers'> {
  const colon = secret.indexOf(':')
  if (colon < 0) return { token: decoded(secret) }
  return { user: decoded(secret.slice(0, colon)), pass: decoded(secret.slice(colon + 1)) }
}

/** As in a URL: `%40` for `@`. What is not written so is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
