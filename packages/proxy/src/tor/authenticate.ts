/**
 * How a controller of Tor shows that it may be one (control-spec, AUTHENTICATE).
 * https://spec.torproject.org/control-spec/
 * @module
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Random } from '@sapwood/transport-v1v2/environment'
import { isProxyError, ProxyError } from '../errors/proxy-error.ts'
import { shownText } from '../errors/shown-text.ts'
import { parseKeyValues } from '../socket/key-values.ts'
import type { ControlConnection } from './control-connection.ts'

/** How a control port lets us in (control-spec §3.5, §3.24). */
export type TorAuthenticationMethod = 'none' | 'password' | 'safe-cookie' | 'cookie'

/** How Tor's control port knows us. */
export interface TorAuthenticationOptions {
  /** The password behind Tor's `HashedControlPassword`. */
  readonly password?: string
  /** Tor's cookie file. Default: the path that Tor itself tells. */
  readonly cookieFile?: string
  /**
   * Default: `password` where one is given, else `none` where Tor allows it, else `safe-cookie`. `cookie`
   * shows the cookie to whoever listens on the port, and is only used when it is asked for.
   */
  readonly authentication?: TorAuthenticationMethod
}

/** What PROTOCOLINFO tells. */
export interface TorProtocolInfo {
  /** Tor's version: `0.4.9.11`. */
  readonly version: string
  readonly methods: readonly string[]
  readonly cookieFile: string | undefined
}

/** Length of Tor's authentication cookie. */
const COOKIE_LENGTH = 32
const NONCE_LENGTH = 32
/** Keys of the two hashes of SAFECOOKIE (control-spec §3.24). */
const SERVER_HASH_KEY = 'Tor safe cookie authentication server-to-controller hash'
const CLIENT_HASH_KEY = 'Tor safe cookie authentication controller-to-server hash'

const METHOD_NAMES: Readonly<Record<TorAuthenticationMethod, string>> = {
  none: 'NULL',
  password: 'HASHEDPASSWORD',
  'safe-cookie': 'SAFECOOKIE',
  cookie: 'COOKIE',
}

/**
 * Asks what Tor wants, and gives it.
 * @throws ProxyError `authentication-failed`, `protocol-violation`, and what a command throws.
 */
export async function authenticate(
  connection: ControlConnection,
  options: TorAuthenticationOptions,
  random: Random,
): Promise<TorProtocolInfo & { readonly method: TorAuthenticationMethod }> {
  const info = await protocolInfo(connection)
  const method = chooseMethod(info, options)
  const proof = await makeProof(connection, method, info, options, random)
  try {
    await connection.command(proof === '' ? 'AUTHENTICATE' : `AUTHENTICATE ${proof}`)
  } catch (error) {
    if (!isProxyError(error) || error.code !== 'control-refused') throw error
    throw failed(`Tor refused the authentication by ${method}`, {
      ...(error.reply !== undefined && { reply: error.reply }),
    })
  }
  return { ...info, method }
}

async function protocolInfo(connection: ControlConnection): Promise<TorProtocolInfo> {
  const { lines } = await connection.command('PROTOCOLINFO 1')
  const lineOf = (word: string): ReadonlyMap<string, string> =>
    parseKeyValues(lines.find((line) => line.startsWith(`${word} `)) ?? '')
  const auth = lineOf('AUTH')
  return {
    version: shownText(lineOf('VERSION').get('Tor') ?? ''),
    methods: (auth.get('METHODS') ?? '').split(',').filter((name) => name !== ''),
    cookieFile: auth.get('COOKIEFILE'),
  }
}

function chooseMethod(info: TorProtocolInfo, options: TorAuthenticationOptions): TorAuthenticationMethod {
  const offered = (method: TorAuthenticationMethod): boolean => info.methods.includes(METHOD_NAMES[method])
  const wanted: readonly TorAuthenticationMethod[] =
    options.authentication !== undefined
      ? [options.authentication]
      : options.password !== undefined
        ? ['password', 'none']
        : ['none', 'safe-cookie']
  const chosen = wanted.find(offered)
  if (chosen !== undefined) return chosen
  const received = shownText(info.methods.join(','))
  throw failed(`Tor offers ${received}, and we could use ${wanted.join(', ')}`, {
    expected: wanted.map((method) => METHOD_NAMES[method]).join(','),
    received,
  })
}

async function makeProof(
  connection: ControlConnection,
  method: TorAuthenticationMethod,
  info: TorProtocolInfo,
  options: TorAuthenticationOptions,
  random: Random,
): Promise<string> {
  switch (method) {
    case 'none':
      return ''
    case 'password':
      if (options.password === undefined) throw failed('There is no password to authenticate with')
      return quote(options.password)
    case 'cookie':
      return Buffer.from(
        await connection.within('reading the cookie', readCookie(options.cookieFile ?? info.cookieFile)),
      ).toString('hex')
    case 'safe-cookie':
      return await safeCookieProof(
        connection,
        await connection.within('reading the cookie', readCookie(options.cookieFile ?? info.cookieFile)),
        random,
      )
  }
}

async function readCookie(path: string | undefined): Promise<Uint8Array> {
  if (path === undefined) throw failed('Tor does not say where its cookie is')
  const cookie = await readStart(path, COOKIE_LENGTH + 1).catch((cause: unknown) => {
    throw failed(`Tor's cookie ${shownText(path)} cannot be read`, { cause })
  })
  // The path may come from whoever listens on the port: a file that is no cookie goes nowhere.
  if (cookie.length !== COOKIE_LENGTH) {
    throw failed(`Tor's cookie ${shownText(path)} has not ${COOKIE_LENGTH} bytes`, {
      expected: COOKIE_LENGTH,
      received: cookie.length,
    })
  }
  return cookie
}

/**
 * The first bytes of a regular file. Anything else, which may have no end, or none that comes, is not read; a
 * FIFO is not waited for even to be opened.
 */
async function readStart(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new Error('It is not a regular file')
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Both sides prove that they know the cookie, and neither shows it (control-spec §3.24). */
async function safeCookieProof(
  connection: ControlConnection,
  cookie: Uint8Array,
  random: Random,
): Promise<string> {
  const clientNonce = random.bytes(NONCE_LENGTH)
  const challenge = await connection.command(
    `AUTHCHALLENGE SAFECOOKIE ${Buffer.from(clientNonce).toString('hex')}`,
  )
  const fields = parseKeyValues(challenge.lines[0] ?? '')
  const serverNonce = hexField(fields, 'SERVERNONCE')
  const serverHash = hexField(fields, 'SERVERHASH')
  const hash = (key: string): Buffer =>
    createHmac('sha256', key).update(cookie).update(clientNonce).update(serverNonce).digest()
  const expected = hash(SERVER_HASH_KEY)
  if (serverHash.length !== expected.length || !timingSafeEqual(serverHash, expected)) {
    throw failed('Whoever listens on the control port does not know the cookie of Tor')
  }
  return hash(CLIENT_HASH_KEY).toString('hex')
}

function hexField(fields: ReadonlyMap<string, string>, name: string): Buffer {
  const text = fields.get(name) ?? ''
  if (!/^(?:[0-9A-Fa-f]{2}){32}$/.test(text)) {
    throw new ProxyError('protocol-violation', `Tor's challenge has no ${name}`, { step: 'authentication' })
  }
  return Buffer.from(text, 'hex')
}

/** A quoted string of the control protocol (control-spec §2.1.1). */
function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function failed(
  message: string,
  facts: { reply?: number; expected?: string | number; received?: string | number; cause?: unknown } = {},
): ProxyError {
  return new ProxyError('authentication-failed', message, { step: 'authentication', ...facts })
}
