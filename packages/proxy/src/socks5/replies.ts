/**
 * What a SOCKS5 proxy's refusals mean (RFC 1928, and Tor's own).
 * https://www.rfc-editor.org/rfc/rfc1928
 * https://spec.torproject.org/socks-extensions.html
 * @module
 */

import { ProxyError, type RetryAdvice, type Socks5ReplyCode } from '../errors/proxy-error.ts'

interface ReplyMeaning {
  readonly code: Socks5ReplyCode
  readonly meaning: string
  readonly retry: RetryAdvice
}

/** RFC 1928 §6, then Tor's extended errors (proposal 304, `ExtendedErrors` of its SocksPort). */
const MEANINGS: ReadonlyMap<number, ReplyMeaning> = new Map<number, ReplyMeaning>([
  [0x01, { code: 'general-failure', meaning: 'general failure of the proxy', retry: 'later' }],
  [0x02, { code: 'not-allowed', meaning: 'not allowed by the rules of the proxy', retry: 'no' }],
  [0x03, { code: 'network-unreachable', meaning: 'network unreachable', retry: 'later' }],
  [0x04, { code: 'host-unreachable', meaning: 'host unreachable', retry: 'later' }],
  [0x05, { code: 'connection-refused', meaning: 'connection refused by the peer', retry: 'later' }],
  // Tor answers so where a circuit or its exit took too long.
  [0x06, { code: 'ttl-expired', meaning: 'time to live expired', retry: 'new-circuit' }],
  [0x07, { code: 'command-not-supported', meaning: 'command not supported', retry: 'no' }],
  [0x08, { code: 'address-type-not-supported', meaning: 'address type not supported', retry: 'no' }],
  [
    0xf0,
    { code: 'onion-descriptor-not-found', meaning: 'no descriptor of the onion service', retry: 'later' },
  ],
  [
    0xf1,
    { code: 'onion-descriptor-invalid', meaning: 'invalid descriptor of the onion service', retry: 'later' },
  ],
  [
    0xf2,
    {
      code: 'onion-introduction-failed',
      meaning: 'introduction to the onion service failed',
      retry: 'new-circuit',
    },
  ],
  [
    0xf3,
    {
      code: 'onion-rendezvous-failed',
      meaning: 'rendezvous with the onion service failed',
      retry: 'new-circuit',
    },
  ],
  [
    0xf4,
    {
      code: 'onion-authorization-missing',
      meaning: 'the onion service wants client authorization',
      retry: 'no',
    },
  ],
  [
    0xf5,
    {
      code: 'onion-authorization-wrong',
      meaning: 'wrong client authorization for the onion service',
      retry: 'no',
    },
  ],
  [0xf6, { code: 'onion-address-invalid', meaning: 'not a valid onion address', retry: 'no' }],
  [
    0xf7,
    {
      code: 'onion-introduction-timeout',
      meaning: 'introduction to the onion service timed out',
      retry: 'new-circuit',
    },
  ],
])

/**
 * The error that a reply code stands for.
 * @param reply 1 to 255.
 */
export function replyError(reply: number): ProxyError {
  const { code, meaning, retry } = MEANINGS.get(reply) ?? {
    code: 'unknown-reply',
    meaning: 'an unknown reason',
    retry: 'later',
  }
  const hex = reply.toString(16).padStart(2, '0').toUpperCase()
  return new ProxyError(code, `The proxy refused: ${meaning} (0x${hex})`, { step: 'request', reply, retry })
}
