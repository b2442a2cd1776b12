import { createMemoryBudget, silentLogger } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { nodeEventNames, type NodeEventName, type NodeEvents } from '../handle/node-events.ts'
import { EventHub } from './event-hub.ts'

function setUp() {
  const clock = createVirtualClock()
  const logged: string[] = []
  const logger = { ...silentLogger, error: (_: object, message: string) => void logged.push(message) }
  const memory = createMemoryBudget({ clock })
  return {
    clock,
    logged,
    memory,
    hub: new EventHub<NodeEvents>({ clock, logger, memory, names: nodeEventNames }),
  }
}

describe('the events', () => {
  it('are those that there are: a name that is not is refused, with the nearest', async () => {
    const { hub } = setUp()
    const mistyped = 'peer-redy' as NodeEventName
    const refused = {
      code: 'invalid-argument',
      message: expect.stringMatching(/did you mean 'peer-ready'\?$/) as string,
    }
    expect(() => hub.on(mistyped, () => undefined)).toThrow(expect.objectContaining(refused))
    expect(() => hub.subscribe({ types: ['phase', mistyped] })).toThrow(expect.objectContaining(refused))
    await expect(hub.next(mistyped)).rejects.toMatchObject(refused)
  })

  it('reach every subscriber in order, from its subscription on', async () => {
    const { hub, clock } = setUp()
    hub.emit('network-active', { active: true })
    const one = hub.subscribe()
    hub.emit('network-active', { active: false })
    const two = hub.subscribe({ types: ['phase'] })
    hub.emit('phase', { phase: 'running' })
    hub.close()
    const seen = []
    for await (const event of one) seen.push(event)
    expect(seen).toEqual([
      { type: 'network-active', active: false, at: clock.now() },
      { type: 'phase', phase: 'running', at: clock.now() },
    ])
    expect(await two.next()).toMatchObject({ value: { type: 'phase' } })
    expect(await two.next()).toEqual({ done: true, value: undefined })
  })

  it('say how many were left out for a subscriber that does not keep up', async () => {
    const { hub } = setUp()
    const slow = hub.subscribe({ buffer: 2 })
    for (let i = 0; i < 5; i++) hub.emit('addresses-added', { count: i })
    expect(await slow.next()).toMatchObject({ value: { type: 'events-dropped', count: 3 } })
    expect(await slow.next()).toMatchObject({ value: { count: 3 } })
    expect(await slow.next()).toMatchObject({ value: { count: 4 } })
    hub.close()
  })

  it('are bounded in bytes, whatever their number, and tell how many were left out', async () => {
    const { hub, memory } = setUp()
    const slow = hub.subscribe()
    const other = hub.subscribe({ types: ['phase'], bufferBytes: 1 })
    for (let i = 0; i < 100; i++) hub.emit('addresses-added', { count: i }, 100_000)
    hub.emit('phase', { phase: 'running' })
    hub.emit('phase', { phase: 'syncing' })
    expect(memory.use().byPurpose.events).toBeGreaterThan(3_800_000)
    expect(memory.used).toBeLessThan(4_100_000)
    expect(hub.dropped).toBe(100 - 39 + 1)
    expect(await slow.next()).toMatchObject({ value: { type: 'events-dropped', count: 61 } })
    expect(await slow.next()).toMatchObject({ value: { count: 61 } })
    expect(await other.next()).toMatchObject({ value: { type: 'events-dropped', count: 1 } })
    expect(await other.next()).toMatchObject({ value: { phase: 'syncing' } })
    await slow.return?.()
    expect(memory.use().byPurpose.events).toBe(0)
  })

  it('wait for a reader, and end it', async () => {
    const { hub } = setUp()
    const subscription = hub.subscribe()
    const first = subscription.next()
    hub.emit('phase', { phase: 'syncing' })
    expect(await first).toMatchObject({ value: { phase: 'syncing' } })
    const last = subscription.next()
    hub.close()
    expect(await last).toEqual({ done: true, value: undefined })
    expect(await hub.subscribe().next()).toEqual({ done: true, value: undefined })
  })

  it('end with a signal, and when the reader leaves', async () => {
    const { hub } = setUp()
    const abort = new AbortController()
    const subscription = hub.subscribe({ signal: abort.signal })
    const waiting = subscription.next()
    abort.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await hub.subscribe({ signal: AbortSignal.abort() }).next()).toEqual({
      done: true,
      value: undefined,
    })
    const left = hub.subscribe()
    hub.emit('phase', { phase: 'syncing' })
    for await (const event of left) {
      expect(event.type).toBe('phase')
      break
    }
    expect(await left.next()).toEqual({ done: true, value: undefined })
  })

  it('survive a listener that throws', () => {
    const { hub, logged } = setUp()
    const seen: string[] = []
    hub.on('phase', () => {
      throw new Error('mine')
    })
    const stop = hub.on('phase', ({ phase }) => void seen.push(phase))
    hub.emit('phase', { phase: 'running' })
    stop()
    hub.emit('phase', { phase: 'syncing' })
    expect(seen).toEqual(['running'])
    expect(logged).toHaveLength(2)
  })

  it('survive a listener whose promise rejects, and tell whoever waits that its filter threw', async () => {
    const { hub, logged } = setUp()
    hub.on('phase', () => Promise.reject(new Error('mine')) as never)
    const waiting = expect(
      hub.next('phase', {
        filter: () => {
          throw new Error('filter')
        },
      }),
    ).rejects.toThrow('filter')
    hub.emit('phase', { phase: 'running' })
    await waiting
    expect(logged).toEqual(['a listener of the node threw'])
  })

  it('can be waited for, with a filter, a deadline and a signal', async () => {
    const { hub, clock } = setUp()
    const found = hub.next('addresses-added', { filter: ({ count }) => count > 1 })
    hub.emit('addresses-added', { count: 1 })
    hub.emit('addresses-added', { count: 2 })
    expect(await found).toMatchObject({ count: 2 })

    const late = expect(hub.next('phase', { timeout: 100 })).rejects.toMatchObject({
      code: 'timeout',
      limit: 100,
    })
    await clock.advance(100)
    await late
    const abort = new AbortController()
    const aborted = expect(hub.next('phase', { signal: abort.signal })).rejects.toThrow('enough')
    abort.abort(new Error('enough'))
    await aborted
    const stopped = expect(hub.next('phase')).rejects.toMatchObject({ code: 'stopped' })
    const last = hub.next('stopped')
    hub.emit('stopped', { why: 'requested' })
    hub.close()
    await stopped
    expect(await last).toMatchObject({ why: 'requested' })
    await expect(hub.next('phase')).rejects.toMatchObject({ code: 'stopped' })
    expect(clock.pendingTimers).toBe(0)
  })
})
