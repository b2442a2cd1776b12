import type * as Codec from '@sapwood/wire-codec'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { observeNode } from '../../src/observing/observe-node.ts'
import { ToldNode } from '../support/told-node.ts'

const decode = vi.fn()
let observe: typeof observeNode

// Modules are shared by the files of this package: what another has loaded is loaded anew.
beforeAll(async () => {
  vi.resetModules()
  vi.doMock('@sapwood/wire-codec', async (original) => {
    const real = await original<typeof Codec>()
    decode.mockImplementation(real.decodePayload)
    return { ...real, decodePayload: decode }
  })
  observe = (await import('../../src/observing/observe-node.ts')).observeNode
})
afterAll(() => {
  vi.doUnmock('@sapwood/wire-codec')
  vi.resetModules()
})

it.each(['inv', 'addrv2'])('decodes an %s of a thousand once, though two events tell of it', (type) => {
  const node = new ToldNode()
  const subjects: string[] = []
  observe(node.node, { send: (subject) => void subjects.push(subject) })
  node.connect()
  subjects.length = 0
  const hash = new Uint8Array(32).fill(0x11)
  const inventory = new Array<object>(1_000).fill({ type: 2, hash })
  const addresses = new Array<object>(1_000).fill({ time: 5, services: 9n, address: node.address })
  decode.mockClear()
  node.hear({ type, ...(type === 'inv' ? { inventory } : { addresses }) } as never)
  expect(subjects).toEqual(['netmsg', 'p2p-extractor'])
  expect(decode).toHaveBeenCalledTimes(1)
})
