import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import type { InboundStream } from './listener.ts'
import { createTcpListener } from './tcp-listener.ts'

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
