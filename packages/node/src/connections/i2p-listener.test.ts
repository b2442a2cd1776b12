import { ProxyError, type SamSession } from '@sapwood/proxy'
import { streamPair } from '@sapwood/transport-v1v2'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { createI2pListener } from './i2p-listener.ts'
import type { InboundStream } from './listener.ts'

const ours = address('ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p')

describe('an I2P listener', () => {
  it('hands on who comes, outlives a session that dies, and ends when it is closed', async () => {
    const clock = createVirtualClock()
    const [stream] = streamPair()
    const answers: ('come' | 'die')[] = ['come', 'die', 'come']
    const accept: SamSession['accept'] = async ({ signal }) => {
      const answer = answers.shift()
      if (answer === 'come') return { stream, remote: ours }
      if (answer === 'die') throw new ProxyError('closed', 'the router went away', {})
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    }
    const session = { address: ours, accept } as unknown as SamSession
    const came: InboundStream[] = []
    const abort = new AbortController()
    const listening = await createI2pListener(session, { clock }).listen((inbound) => came.push(inbound), {
      signal: abort.signal,
    })
    await clock.advance(1)
    expect(came).toMatchObject([{ via: 'i2p', address: ours, localAddress: listening.address }])
    await clock.advance(10_000)
    expect(came).toHaveLength(2)
    expect(listening.announce).toEqual(ours)
    await listening.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
