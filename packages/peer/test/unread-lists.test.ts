import { ByteReader, InventoryType, MAX_INV_SIZE } from '@sapwood/wire-codec'
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
    if (type === 'inv') expect(told).toMatchObject({ type: 'message', message: { type, inventory } })
  },
)
