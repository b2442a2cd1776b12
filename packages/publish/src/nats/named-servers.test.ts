import { expect, it } from 'vitest'
import { namedServers } from './named-servers.ts'

it('takes credentials out of the addresses of servers, so that no message shows them', () => {
  expect(namedServers(['127.0.0.1:4222', 'nats://[::1]:4222'])).toEqual({
    servers: ['127.0.0.1:4222', 'nats://[::1]:4222'],
  })
  expect(namedServers(['nats://a:b%40c:d@one:1', 'two'])).toEqual({
    servers: ['nats://one:1', 'two'],
    user: 'a',
    pass: 'b@c:d',
  })
  expect(namedServers(['s3cret@one:1'])).toEqual({ servers: ['one:1'], token: 's3cret' })
  expect(namedServers(['a:b@c@one'])).toEqual({ servers: ['one'], user: 'a', pass: 'b@c' })
  expect(namedServers(['100%@one'])).toEqual({ servers: ['one'], token: '100%' })
})

it('asks for encryption where one of them does, and takes no other scheme, of which it shows no password', () => {
  expect(namedServers(['tls://a:b@one', 'two'])).toEqual({
    servers: ['tls://one', 'two'],
    user: 'a',
    pass: 'b',
    tls: {},
  })
  expect(() => namedServers(['wss://a:s3cret@one'])).toThrow(
    expect.objectContaining({
      code: 'invalid-argument',
      message: expect.not.stringContaining('s3cret') as string,
    }),
  )
})
