/** Servers, and who we are to them, as the client takes them. */
export interface NamedServers {
  /** Without what is not to be seen: they stand in messages. */
  readonly servers: string[]
  readonly user?: string
  readonly pass?: string
  readonly token?: string
}

/** `scheme://`, then what stands before the last `@`. */
const SERVER = /^(\w+:\/\/)?(?:(.*)@)?([^@]*)$/

/** Takes user and password, or a token, out of addresses: the last that has some counts for all. */
export function namedServers(texts: readonly string[]): NamedServers {
  let credentials: Omit<NamedServers, 'servers'> = {}
  const servers = texts.map((text) => {
    const [, scheme = '', secret, host = ''] = SERVER.exec(text) ?? []
    if (secret !== undefined) credentials = credentialsOf(secret)
    return `${scheme}${host}`
  })
  return { servers, ...credentials }
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
