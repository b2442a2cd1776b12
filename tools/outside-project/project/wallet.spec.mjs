import { expect, test } from 'vitest'
import { TestPeer } from '@sapwood/integration/test-peer'
import '@sapwood/integration/vitest'
import { checks } from './checks.mjs'
import { Wallet } from './wallet.mjs'

for (const [name, check] of Object.entries(checks)) test(name, check, 30_000)

test('asks for headers, and hangs up on a forged packet', async () => {
  const listener = await TestPeer.listen()
  const opening = Wallet.open([listener.hostAndPort], new Uint8Array(1))
  const peer = await listener.next()
  const wallet = await opening
  await expect(peer).toReceive('getheaders')
  await peer.sendRaw('ping', new Uint8Array(8), { forged: true })
  await expect(peer).toBeClosed({ by: 'remote' })
  await wallet.close()
  await listener.close()
})
