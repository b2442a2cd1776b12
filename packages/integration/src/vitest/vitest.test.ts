import { expect, it } from 'vitest'
import { startRegtestPeer } from '../regtest/regtest-peer.ts'
import { listPayload, TestPeer } from '../test-peer/index.ts'
import './index.ts'

it('expects of a peer with the words of Vitest, and shows the wire where it does not get it', async () => {
  await using embedded = await startRegtestPeer()
  await using peer = await TestPeer.dial(embedded.port)
  await expect(peer).toReceive('ping')
  await expect(peer).toReceiveNothing('block')
  await expect(peer).toBeAlive()
  await using hasty = await TestPeer.dial(embedded.port, { timeout: 50 })
  await expect(expect(hasty).toReceive('block')).rejects.toThrow(/expected 'block'[\s\S]*<- verack/)
  await expect(expect(hasty).toBeClosed()).rejects.toThrow(/ended by the remote/)
  await peer.sendRaw('inv', listPayload(50_001, new Uint8Array(36)))
  await expect(peer).toBeClosed()
})
