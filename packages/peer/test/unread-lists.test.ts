import {
  type BlockHash,
  ByteReader,
  genesisBlock,
  InventoryType,
  MAX_HEADERS_RESULTS,
  MAX_INV_SIZE,
  regtest,
} from '@sapwood/wire-codec'
import { expect, it, vi } from 'vitest'
import { ScriptedRemote } from './support/scripted-remote.ts'

it.each(['inv', 'getdata'] as const)(
  'an `%s` waits as its bytes: its list is made by nobody in the peer',
  async (type) => {
    const remote = new ScriptedRemote({ components: { services: { transaction: () => undefined } } })
    await remote.shakeHands()
    const inventory = Array.from({ length: MAX_INV_SIZE }, () => ({
      type: InventoryType.WTX,
      hash: new Uint8Array(32),
    }))
    const entries = vi.spyOn(ByteReader.prototype, 'hash')
    try {
      await remote.say({ type, inventory })
      expect(entries).not.toHaveBeenCalled()
    } finally {
      entries.mockRestore()
    }
    const told = remote.notifications.at(-1)?.message
    if (type === 'inv') {
      expect(told).toMatchObject({ type: 'message', message: { type } })
      // Not compared entry by entry: that takes seconds.
      expect(told).toHaveProperty('message.inventory.length', MAX_INV_SIZE)
    }
  },
)

it('blocks announced where only blocks are wanted are no reason to make the list', async () => {
  const remote = new ScriptedRemote({ kind: 'block-relay-only' })
  await remote.shakeHands()
  const entries = vi.spyOn(ByteReader.prototype, 'hash')
  try {
    const hash = new Uint8Array(32)
    await remote.say({ type: 'inv', inventory: new Array(100).fill({ type: InventoryType.BLOCK, hash }) })
    expect(entries).not.toHaveBeenCalled()
  } finally {
    entries.mockRestore()
  }
})

it('`headers` wait as their bytes, also while others are asked for', async () => {
  const remote = new ScriptedRemote()
  await remote.shakeHands()
  const asked = remote.peer.request({
    type: 'getHeaders',
    locator: [new Uint8Array(32).fill(7) as BlockHash],
  })
  asked.catch(() => undefined)
  const header = {
    ...genesisBlock(regtest).header,
    previousBlockHash: new Uint8Array(32).fill(9) as BlockHash,
  }
  await remote.say({ type: 'headers', headers: new Array(MAX_HEADERS_RESULTS).fill(header) })
  const told = remote.notifications.at(-1)!.message
  if (told.type !== 'message' || told.message.type !== 'headers') throw new Error('no headers were told of')
  // Each is read when the first is asked for, and not before.
  const read = vi.spyOn(ByteReader.prototype, 'compactSize')
  try {
    expect(told.message.headers).toHaveLength(MAX_HEADERS_RESULTS)
    expect(read).toHaveBeenCalledTimes(MAX_HEADERS_RESULTS)
  } finally {
    read.mockRestore()
  }
})
