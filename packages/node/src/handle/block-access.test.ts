import { getEventListeners } from 'node:events'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import type { StreamId } from '../blocks/block-download-action.ts'
import type { BlockDownload } from '../blocks/block-download.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import { BlockStreams } from '../loop/block-streams.ts'
import { createBlockAccess } from './block-access.ts'
import { createCallDeadline } from './call-deadline.ts'

function setUp() {
  const open = new Set<StreamId>()
  const download = {
    openStream: () => {
      const stream = (open.size + 1) as StreamId
      open.add(stream)
      return { stream, actions: [] }
    },
    closeStream: (stream: StreamId) => void open.delete(stream),
  } as unknown as BlockDownload
  const post = (_: string, run: () => void): void => queueMicrotask(run)
  const streams = new BlockStreams({ download, now: () => 0 as Instant, run: () => undefined, onLoop: post })
  const blocks = createBlockAccess({
    calls: { call: async (_, perform) => perform(), post, refuse: () => undefined },
    streams,
    chain: { base: 0 } as HeaderChain,
    withDeadline: createCallDeadline(createVirtualClock(), () => undefined),
    utreexoDriver: { refuseBlock: () => undefined },
  })
  return { blocks, streams, open }
}

describe('a stream of blocks', () => {
  it('is closed where its signal fires while it is being opened', async () => {
    const { blocks, streams, open } = setUp()
    const controller = new AbortController()
    const reading = blocks.follow({ from: 1 }, { signal: controller.signal }).next()
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    await Promise.resolve()
    expect(open.size).toBe(0)
    expect(streams.lowestFollowed()).toBeUndefined()
  })

  it.each([
    ['read to its end', (streams: BlockStreams) => streams.end(1 as StreamId)],
    ['ended by the node', (streams: BlockStreams) => streams.stop()],
    ['closed by its reader', (_: BlockStreams, stream: AsyncIterator<unknown>) => void stream.return?.()],
  ])('leaves nothing on its signal when it is %s', async (_, end) => {
    const { blocks, streams } = setUp()
    const { signal } = new AbortController()
    const stream = blocks.follow({ from: 1 }, { signal })
    const reading = stream.next().catch(() => undefined)
    await expect.poll(() => getEventListeners(signal, 'abort').length).toBe(1)
    end(streams, stream)
    await reading
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('leaves nothing on its signal when it is closed while it is being opened', async () => {
    const { blocks, open } = setUp()
    const { signal } = new AbortController()
    const stream = blocks.follow({ from: 1 }, { signal })
    const reading = stream.next()
    await stream.return?.()
    await reading
    await expect.poll(() => open.size).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
