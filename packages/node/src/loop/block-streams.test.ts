import type { Block, BlockHash } from '@sapwood/wire-codec'
import { peerId } from '@sapwood/peer'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import type { DeliveredBlock, StreamId } from '../blocks/block-download-action.ts'
import type { BlockDownload } from '../blocks/block-download.ts'
import { BlockStreams } from './block-streams.ts'

const hash = (n: number): BlockHash => new Uint8Array(32).fill(n) as BlockHash
const block = (height: number): DeliveredBlock => ({
  height,
  hash: hash(height),
  block: {} as Block,
  size: 100,
  peer: peerId(1),
})

function setUp() {
  const calls: string[] = []
  const download = {
    openStream: ({ from, to }: { from: number; to?: number }) => {
      calls.push(`open ${from} ${to ?? ''}`.trim())
      return { stream: calls.length as StreamId, actions: [] }
    },
    closeStream: () => void calls.push('close'),
    consumed: (_: StreamId, count: number) => {
      calls.push(`consumed ${count}`)
      return []
    },
    want: () => {
      calls.push('want')
      return []
    },
    unwant: () => void calls.push('unwant'),
  } as unknown as BlockDownload
  const streams = new BlockStreams({
    download,
    now: () => 0 as Instant,
    run: () => undefined,
    onLoop: (_, run) => run(),
  })
  return { streams, calls, stream: 1 as StreamId }
}

describe('the streams', () => {
  it('hands blocks on in order, and says once for all of one turn how many were taken', async () => {
    const { streams, calls, stream } = setUp()
    const queue = streams.open({ from: 1, to: 3 })
    for (const height of [1, 2, 3]) streams.deliver(stream, block(height))
    streams.end(stream)
    const seen = await Promise.all([queue.next(), queue.next(), queue.next(), queue.next()])
    expect(seen.map(({ value }) => (value as DeliveredBlock | undefined)?.height)).toEqual([
      1,
      2,
      3,
      undefined,
    ])
    expect(calls).toEqual(['open 1 3'])
  })

  it('tells the download what was taken while the stream is open', async () => {
    const { streams, calls, stream } = setUp()
    const queue = streams.open({ from: 1 })
    streams.deliver(stream, block(1))
    streams.deliver(stream, block(2))
    await Promise.all([queue.next(), queue.next()])
    expect(calls).toEqual(['open 1', 'consumed 2'])
    expect(streams.lowestFollowed()).toBe(2)
    streams.rewind(stream, { fork: { height: 1, hash: hash(1) } } as never)
    expect(await queue.next()).toMatchObject({ value: { type: 'reorg' } })
    expect(streams.lowestFollowed()).toBe(1)
  })

  it('closes a stream that its reader leaves', async () => {
    const { streams, calls, stream } = setUp()
    const queue = streams.open({ from: 1 })
    streams.deliver(stream, block(1))
    for await (const item of queue) {
      expect(item.type).toBe('block')
      break
    }
    expect(calls).toContain('close')
    streams.deliver(stream, block(2))
    expect(await queue.next()).toEqual({ done: true, value: undefined })
    expect(streams.lowestFollowed()).toBeUndefined()
  })

  it('shares one download between those who want the same block', async () => {
    const { streams, calls } = setUp()
    const wait = (): { promise: Promise<DeliveredBlock>; giveUp: () => void } => {
      let giveUp = (): void => undefined
      const promise = new Promise<DeliveredBlock>((resolve, reject) => {
        giveUp = streams.want(hash(1), { resolve, reject })
      })
      return { promise, giveUp }
    }
    const [one, two] = [wait(), wait()]
    expect(calls).toEqual(['want'])
    one.giveUp()
    expect(calls).toEqual(['want'])
    streams.single(block(1))
    expect((await two.promise).height).toBe(1)
    const three = wait()
    three.giveUp()
    expect(calls).toEqual(['want', 'want', 'unwant'])
  })

  it('fails those who wait for an invalid block, and everybody at the stop', async () => {
    const { streams } = setUp()
    const wanted = (n: number): Promise<DeliveredBlock> =>
      new Promise((resolve, reject) => void streams.want(hash(n), { resolve, reject }))
    const invalid = expect(wanted(1)).rejects.toMatchObject({
      code: 'invalid-block',
      detail: 'bad-merkle-root',
    })
    streams.invalid(hash(1), 'bad-merkle-root')
    await invalid
    const queue = streams.open({ from: 1 })
    const reading = expect(queue.next()).rejects.toMatchObject({ code: 'stopped' })
    const waiting = expect(wanted(2)).rejects.toMatchObject({ code: 'stopped' })
    streams.stop()
    await Promise.all([reading, waiting])
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })

  it('takes nobody in after the stop: nobody would ever answer', () => {
    const { streams } = setUp()
    streams.stop()
    const stopped = expect.objectContaining({ code: 'stopped' })
    expect(() => streams.open({ from: 1 })).toThrow(stopped)
    expect(() => streams.want(hash(1), { resolve: () => undefined, reject: () => undefined })).toThrow(
      stopped,
    )
  })
})
