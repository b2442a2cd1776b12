import { describe, expect, it } from 'vitest'
import { type ObservedSubject, observeNode } from '../../src/observing/observe-node.ts'
import {
  bytes,
  encodeFields,
  type Field,
  nested,
  sint,
  text,
  uint,
} from '../../src/observing/protobuf-fields.ts'
import { ToldNode } from '../support/told-node.ts'

interface Sent {
  readonly subject: ObservedSubject
  readonly event: string
}

const hex = (event: Uint8Array): string => Buffer.from(event).toString('hex')
const told = new ToldNode()
const CONNECTION = nested(1, uint(1, told.peer), text(2, '10.0.0.1:8333'), uint(3, 0), uint(4, 1))

function sent(subject: ObservedSubject, ...fields: readonly Field[]): Sent {
  return { subject, event: hex(encodeFields(...fields, uint(10, told.at))) }
}
const ofConnection = (field: Field): Sent => sent('netconn', nested(1, nested(2, field)))
const misbehaving = (code: string): Sent => ofConnection(nested(5, uint(1, told.peer), text(2, code)))

/** A node with one peer, and what is sent of it from now on. */
function observed() {
  const node = new ToldNode()
  const events: Sent[] = []
  const stop = observeNode(node.node, {
    send: (subject, event) => events.push({ subject, event: hex(event) }),
  })
  node.connect()
  expect(events.splice(0)).toEqual([ofConnection(nested(4, CONNECTION, uint(2, 0)))])
  return { node, events, stop }
}

describe('what is observed of a node', () => {
  it('is addresses, inventories, fee filters and pings, as they are heard', () => {
    const { node, events } = observed()
    const hash = new Uint8Array(32).fill(0x11)
    node.hear({ type: 'addrv2', addresses: [{ time: 5, services: 9n, address: node.address }] } as never)
    node.hear({ type: 'inv', inventory: [{ type: 2, hash }] } as never)
    node.hear({ type: 'feefilter', feeRate: 1_000n })
    node.tellOfPeer('ping', { roundTrip: 1.5 })
    const host = nested(1, uint(1, 5), text(2, '10.0.0.1'), uint(9, 9n), uint(10, 8_333))
    expect(events.filter(({ subject }) => subject === 'p2p-extractor')).toEqual([
      sent('p2p-extractor', nested(3, nested(2, host))),
      sent('p2p-extractor', nested(3, nested(3, nested(1, bytes(2, hash))))),
      sent('p2p-extractor', nested(3, sint(4, 1_000n))),
      sent('p2p-extractor', nested(3, nested(1, uint(1, 1_500_000)))),
    ])
    expect(events.filter(({ subject }) => subject === 'netmsg')).toHaveLength(3)
  })

  it('is misbehaviour, of those who are borne with and of those whose connection ends for it', () => {
    const { node, events } = observed()
    node.hear({ type: 'verack' })
    events.splice(0)
    node.tellOfPeer('misbehaved', {
      reason: { code: 'flood', blame: 'discourage', command: 'inv', limit: 1 },
    })
    expect(events.splice(0)).toEqual([misbehaving('flood')])
    const reason = { code: 'inactive', blame: 'disconnect', direction: 'send', timeout: 1 } as const
    node.tell('peer-disconnected', { at: node.at, peer: node.peer, reason })
    expect(events).toEqual([
      misbehaving('inactive'),
      ofConnection(nested(1, CONNECTION, uint(2, Math.floor(node.at / 1_000)))),
    ])
  })

  it('is lost where it cannot be sent, and reaches nobody, whatever the logger does with that', async () => {
    const boom = (): never => {
      throw new Error('the program’s own')
    }
    const reached: unknown[] = []
    const onReached = (error: unknown): void => void reached.push(error)
    process.on('unhandledRejection', onReached)
    const logger = { debug: boom, info: boom, warn: boom, error: boom }
    const rejecting = (() => Promise.reject(new Error('the program’s own'))) as unknown as typeof boom
    for (const send of [boom, rejecting]) {
      const node = new ToldNode()
      observeNode(node.node, { send: send, logger })
      node.connect()
      node.hear({ type: 'feefilter', feeRate: 1_000n })
    }
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', onReached)
    expect(reached).toEqual([])
  })

  it('is no more, once it is stopped', () => {
    const { node, stop } = observed()
    expect(node.hasListeners).toBe(true)
    stop()
    expect(node.hasListeners).toBe(false)
  })
})
