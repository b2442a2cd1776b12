import type { Instant, Logger } from '@sapwood/transport-v1v2/environment'
import { silentLogger } from '@sapwood/transport-v1v2/environment'
import { describe, expect, it } from 'vitest'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'
import type { NodePart, ReceivedMessage } from './node-part.ts'
import { NodeParts } from './node-parts.ts'

const record = { id: 1 } as unknown as ReadyConnection & ConnectionRecord
const received = { type: 'message', message: { type: 'verack' } } as unknown as ReceivedMessage

function failing(): never {
  throw new Error('a fault of this part')
}

describe('the parts of the node', () => {
  it('hear of what they want to hear of, in their order', () => {
    const heard: string[] = []
    const part = (name: string, ...hooks: (keyof NodePart)[]): NodePart =>
      Object.fromEntries(hooks.map((hook) => [hook, () => heard.push(`${name} ${hook}`)]))
    const parts = new NodeParts({ logger: silentLogger })
    parts.add(part('a', 'ready', 'tick', 'stop'), part('b', 'message', 'closed'))
    parts.add(part('c', 'tick', 'message', 'block', 'tipChanged'))
    parts.ready(record)
    parts.message(record, received, 0 as Instant)
    parts.block({} as never, 1)
    parts.tipChanged({} as never, undefined)
    parts.tick(0 as Instant)
    parts.closed(record, undefined)
    parts.stop()
    expect(heard).toEqual([
      'a ready',
      'b message',
      'c message',
      'c block',
      'c tipChanged',
      'a tick',
      'c tick',
      'b closed',
      'a stop',
    ])
  })

  it('are busy where one of them is', () => {
    const parts = new NodeParts({ logger: silentLogger })
    const hurried = { isBusy: false }
    parts.add({}, hurried)
    expect(parts.isBusy).toBe(false)
    hurried.isBusy = true
    expect(parts.isBusy).toBe(true)
  })

  it('miss no end and no tick for the fault of another, which is logged by its name', () => {
    const logged: unknown[] = []
    const logger: Logger = { ...silentLogger, error: (facts) => void logged.push(facts) }
    const heard: string[] = []
    class Broken implements NodePart {
      closed = failing
      tick = failing
      block = failing
      tipChanged = failing
      stop = failing
    }
    const parts = new NodeParts({ logger })
    parts.add(new Broken(), {
      closed: () => heard.push('closed'),
      tick: () => heard.push('tick'),
      block: () => heard.push('block'),
      tipChanged: () => heard.push('tipChanged'),
      stop: () => heard.push('stop'),
    })
    parts.closed(record, undefined)
    parts.tick(0 as Instant)
    parts.block({} as never, 1)
    parts.tipChanged({} as never, undefined)
    parts.stop()
    expect(heard).toEqual(['closed', 'tick', 'block', 'tipChanged', 'stop'])
    expect(logged).toHaveLength(5)
    expect(logged[0]).toMatchObject({ part: 'Broken', what: 'closed' })
  })

  it('end the connection by what they throw of a message, and of a new peer', () => {
    const parts = new NodeParts({ logger: silentLogger })
    parts.add({ ready: failing, message: failing })
    expect(() => parts.ready(record)).toThrow('a fault of this part')
    expect(() => parts.message(record, received, 0 as Instant)).toThrow('a fault of this part')
  })
})
