import { connect } from 'node:net'
import { listenTcp, type TcpRemote } from '@sapwood/transport-v1v2/tcp'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import type { InboundStream } from './listener.ts'
import { createTcpListener } from './tcp-listener.node.ts'

// Others of these tests have loaded what is replaced here, and what uses it; and others come after.
vi.hoisted(() => void vi.resetModules())
vi.mock('@sapwood/transport-v1v2/tcp', { spy: true })
afterAll(() => {
  vi.doUnmock('@sapwood/transport-v1v2/tcp')
  vi.resetModules()
})

async function takeOne(options: Parameters<typeof createTcpListener>[0]) {
  const abort = new AbortController()
  let take: (inbound: InboundStream) => void = () => undefined
  const inbound = new Promise<InboundStream>((resolve) => {
    take = resolve
  })
  const listening = await createTcpListener(options).listen((stream) => take(stream), {
    signal: abort.signal,
  })
  const socket = connect(listening.port!, '127.0.0.1')
  const taken = await inbound
  taken.stream.abort(new Error('done'))
  socket.destroy()
  await listening.close()
  return { taken, listening }
}

describe('a TCP listener', () => {
  it('says who came, and to which address', async () => {
    const { taken, listening } = await takeOne({})
    expect(taken).toMatchObject({ via: 'tcp', address: { network: 'ipv4' }, localAddress: listening.address })
    expect(listening.announce).toBeUndefined()
  })

  it('announces its own port where the address to announce has none', async () => {
    const { listening } = await takeOne({ announce: { ...address('203.0.113.7'), port: 0 } })
    expect(listening.announce).toMatchObject({ network: 'ipv4', port: listening.port })
  })

  it('knows nobody who came through an onion service', async () => {
    const { taken } = await takeOne({ via: 'onion' })
    expect(taken.via).toBe('onion')
    expect(taken.address).toBeUndefined()
  })
})

describe('a remote whose address', () => {
  let remote: TcpRemote = { host: '', port: 0 }
  beforeEach(() => {
    // What a socket says of its remote is the system's: the one thing here that no
    // test can bring about by itself.
    vi.mocked(listenTcp).mockImplementationOnce(async (_options, onStream) => {
      setImmediate(() => onStream(stream, remote))
      return { address: '::', port: 18444, close: async () => undefined } as Awaited<
        ReturnType<typeof listenTcp>
      >
    })
  })
  const abort = vi.fn()
  const stream = { abort } as unknown as InboundStream['stream']

  async function come(from: TcpRemote): Promise<InboundStream[]> {
    remote = from
    abort.mockClear()
    const taken: InboundStream[] = []
    const { signal } = new AbortController()
    await createTcpListener({ host: '::' }).listen((inbound) => taken.push(inbound), { signal })
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    return taken
  }

  it.each(['', 'localhost', 'fe80::1::2', '300.1.1.1', '%eth0'])(
    'is %j is closed, and nobody is told: as one without an address it would pass the ban list',
    async (host) => {
      expect(await come({ host, port: 5 })).toEqual([])
      expect(abort).toHaveBeenCalledOnce()
    },
  )

  it.each([
    ['fe80::1%eth0', '[fe80::1%eth0]:5'],
    // What a link may be called is its system's affair.
    ['fe80::1%a link', '[fe80::1]:5'],
    ['::ffff:203.0.113.7', '203.0.113.7:5'],
  ])('is %s is known as %s', async (host, known) => {
    const [inbound] = await come({ host, port: 5 })
    expect(inbound?.address).toEqual(address(known))
    expect(abort).not.toHaveBeenCalled()
  })
})
