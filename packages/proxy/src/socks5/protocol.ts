/**
 * Numbers of SOCKS5 (RFC 1928), and of username and password (RFC 1929).
 * https://www.rfc-editor.org/rfc/rfc1928
 * https://www.rfc-editor.org/rfc/rfc1929
 * @module
 */

export const SOCKS_VERSION = 5

/** Methods of authentication (RFC 1928 §3). */
export const METHOD_NONE = 0
export const METHOD_USERNAME_PASSWORD = 2
/** The proxy accepts none of the methods that it was offered. */
export const METHOD_REFUSED = 0xff

/** Version of the username and password negotiation (RFC 1929 §2). */
export const AUTHENTICATION_VERSION = 1
export const AUTHENTICATION_SUCCESS = 0

export const COMMAND_CONNECT = 1

/** Address types (RFC 1928 §5). */
export const ADDRESS_IPV4 = 1
export const ADDRESS_NAME = 3
export const ADDRESS_IPV6 = 4

export const REPLY_SUCCEEDED = 0

/** A name, a username and a password each carry their length in one byte. */
export const MAX_TEXT_LENGTH = 255
