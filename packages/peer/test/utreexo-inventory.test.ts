import { encodePayload, InventoryType } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { hashOf, ready } from './support/requests.ts'

describe('what utreexod says of transactions', () => {
  it('costs it nothing, and positions are not told to be missing', async () => {
    const remote = await ready({
      kind: 'inbound',
      components: { services: { transaction: () => undefined } },
    })
    const before = remote.transport.sent.length
    const entries = [
      { type: InventoryType.UTREEXO_TX, hash: hashOf(1) },
      { type: InventoryType.UTREEXO_PROOF_HASH, hash: hashOf(2) },
      { type: InventoryType.WITNESS_UTREEXO_TX, hash: hashOf(3) },
    ]
    await remote.say({ type: 'inv', inventory: entries.slice(0, 2) }, { type: 'getdata', inventory: entries })
    expect(remote.transport.sent.slice(before)).toEqual([
      encodePayload({ type: 'notfound', inventory: [entries[0]!, entries[2]!] }),
    ])
    expect(remote.reason).toBeUndefined()
  })
})
