import { regtest, type Contents } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { accept } from '../connect/accept.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import { streamPair } from '../stream/stream-pair.ts'
import { createSeededRandom, createVirtualClock } from '../testing/index.ts'
import { createV1Codec } from '../v1/v1-codec.ts'
import { createV2Session } from '../v2/create-v2-session.ts'
import { MAX_WASTE_BURST, WASTE_PER_SECOND } from './waste-limit.ts'

const ping: Contents = { command: 'ping', payload: new Uint8Array(8) }

/** A v2 connection whose dialling side sends what it is told to. */
async function v2Remote(decoys: number) {
  const clock = createVirtualClock()
  const random = createSeededRandom(3)
  const [near, far] = streamPair({ highWaterMark: 1e9 })
  const shaping = { plan: () => ({ before: new Array<number>(decoys).fill(0), after: [] }) }
  const session = createV2Session({ role: 'initiator', magic: regtest.magic, shaping }, { random })
  const answering = accept(near, { network: regtest }, { clock, random })
  session.start()
  await far.write(session.outbox.take())
  while (session.phase !== 'application') session.receive((await far.read())!, [])
  await far.write(session.outbox.take())
  const transport = await answering
  const send = async (): Promise<void> => {
    session.frame(ping)
    await far.write(session.outbox.take())
  }
  return { clock, transport, send }
}

describe('what comes for nothing', () => {
  it('ends a v2 connection that is little else than decoys', async () => {
    const { transport, send } = await v2Remote(MAX_WASTE_BURST + 100)
    await send()
    const reading = (async () => {
      while ((await transport.reader.read()) !== null);
    })()
    await expect(reading).rejects.toMatchObject({ code: 'flood', limit: MAX_WASTE_BURST })
  })

  it('lets decoys beside messages pass, and more as time goes by', async () => {
    const { clock, transport, send } = await v2Remote(12)
    for (let index = 0; index < 500; index++) {
      await send()
      expect(await transport.reader.read()).toHaveLength(1)
    }
    expect(transport.stats().decoysReceived).toBe(6_000)
    const slow = await v2Remote(WASTE_PER_SECOND)
    for (let second = 0; second < 20; second++) {
      await slow.send()
      expect(await slow.transport.reader.read()).toHaveLength(1)
      await slow.clock.advance(1_000)
    }
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends a v1 connection whose checksums are wrong', async () => {
    const clock = createVirtualClock()
    const [near, far]: readonly ByteStream[] = streamPair({ highWaterMark: 1e9 })
    const codec = createV1Codec(regtest.magic)
    codec.frame({ command: 'version', payload: new Uint8Array(100) })
    await far.write(codec.outbox.take())
    const transport = await accept(near, { network: regtest }, { clock })
    expect(await transport.reader.read()).toHaveLength(1)
    codec.frame(ping)
    const [frame] = codec.outbox.take()
    const bad = frame!.slice()
    bad[20]! ^= 1
    for (let index = 0; index < MAX_WASTE_BURST + 100; index++) void far.write(bad)
    await expect(transport.reader.read()).rejects.toMatchObject({ code: 'flood' })
  })
})
