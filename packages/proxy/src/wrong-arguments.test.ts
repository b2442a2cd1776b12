import { describe, expect, it } from 'vitest'
import { createRouter, createSamDialer, createSocks5Dialer, createTorControl } from './index.ts'

/** What a program in plain JavaScript may give. */
const wrong = (value: unknown): never => value as never

describe('a mistake at the edge of the proxies', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a host beside the proxy',
      () => createSocks5Dialer(wrong({ host: '127.0.0.1', port: 9050 })),
      '{ proxy: { host, port } }',
    ],
    [
      'a proxy as text',
      () => createSocks5Dialer(wrong({ proxy: '127.0.0.1:9050' })),
      "as { host: '127.0.0.1', port: 9050 }",
    ],
    [
      'an isolation that is none',
      () => createSocks5Dialer(wrong({ proxy: { path: '/s' }, isolation: 'per-conection' })),
      "'per-connection'?",
    ],
    [
      'a mistyped timeout',
      () => createSocks5Dialer(wrong({ proxy: { path: '/s' }, timeouts: { conect: 1 } })),
      "'connect'?",
    ],
    [
      'a password without a name',
      () => createSocks5Dialer(wrong({ proxy: { path: '/s' }, auth: { password: 'x' } })),
      'auth.username',
    ],
    ['a mistyped network', () => createRouter(wrong({ onlyNet: ['onoin'] })), "did you mean 'onion'?"],
    [
      'a proxy that is no dialer',
      () => createRouter(wrong({ onion: { host: 'a', port: 1 } })),
      'without dial()',
    ],
    ['a port beside the bridge', () => createSamDialer(wrong({ port: 7656 })), '{ sam: { host, port } }'],
    ['a mistyped event', () => createTorControl(wrong({ onEvnet: () => undefined })), "'onEvent'?"],
  ])('%s', async (_, call, message) => {
    await expect((async () => call())()).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining(message) as string,
    })
  })
})
