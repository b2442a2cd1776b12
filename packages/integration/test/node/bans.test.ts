import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@sapwood/node'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

describe('a ban of a real bitcoind', () => {
  it('ends the connection, survives a restart on disk, and can be lifted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-bans-'))
    try {
      await using bitcoind = await RegtestBitcoind.start()
      {
        await using store = await openStore(folder)
        await using node = await startNode({}, { store })
        const { peer } = await node.network.connectPeer(bitcoind.p2pAddress)
        const ended = node.events.next('peer-disconnected')
        const ban = await node.bans.ban('127.0.0.0/8', { duration: 3_600_000, reason: 'test' })
        expect(ban.expiresAt - ban.createdAt).toBe(3_600_000)
        expect(await ended).toMatchObject({ peer, reason: { code: 'requested', detail: 'banned' } })
      }
      await using store = await openStore(folder)
      await using node = await startNode({}, { store })
      expect(node.bans.bans()).toMatchObject([{ text: '127.0.0.0/8', reason: 'test' }])
      await expect(node.network.connectPeer(bitcoind.p2pAddress)).rejects.toMatchObject({
        code: 'address-banned',
      })
      expect(await node.bans.unban('127.0.0.0/8')).toBe(true)
      expect(await node.bans.unban('127.0.0.0/8')).toBe(false)
      await node.network.connectPeer(bitcoind.p2pAddress)
      expect(node.peers()).toMatchObject([{ state: 'ready', transport: 'v2' }])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
