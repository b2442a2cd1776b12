import * as codec from '@sapwood/wire-codec'
import { expect, it, vi } from 'vitest'
import { observeNode } from '../../src/observing/observe-node.ts'
import { ToldNode } from '../support/told-node.ts'

vi.mock('@sapwood/wire-codec', async (original) => {
  const real = await original<typeof codec>()
  return { ...real, decodePayload: vi.fn(real.decodePayload) }
})

it.each(['inv', 'addrv2'])('decodes an %s of a thousand once, though two events tell of it', (type) => {
  const node = new ToldNode()
  const subjects: string[] = []
  observeNode(node.node, { send: (subject) => void subjects.push(subject) })
  node.connect()
  subjects.length = 0
  const hash = new Uint8Array(32).fill(0x11)
  const inventory = new Array<object>(1_000).fill({ type: 2, hash })
  const addresses = new Array<object>(1_000).fill({ time: 5, services: 9n, address: node.address })
  const decode = vi.mocked(codec.decodePayload)
  decode.mockClear()
  node.hear({ type, ...(type === 'inv' ? { inventory } : { addresses }) } as never)
  expect(subjects).toEqual(['netmsg', 'p2p-extractor'])
  expect(decode).toHaveBeenCalledTimes(1)
})
