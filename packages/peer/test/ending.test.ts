import { describe, expect, it } from 'vitest'
import { createOwnNonces } from '../src/index.ts'
import { hashOf } from './support/requests.ts'
import { ScriptedRemote } from './support/scripted-remote.ts'

describe('the end', () => {
  it('before the start leaves no nonce behind', async () => {
    const ownNonces = createOwnNonces() as Set<bigint>
    const remote = new ScriptedRemote({ signal: AbortSignal.abort(), components: { ownNonces } })
    await remote.peer.closed
    expect(ownNonces.size).toBe(0)
    expect(remote.heard()).toEqual([])
  })

  it('brought about by a listener is still what is told last', async () => {
    const remote = new ScriptedRemote()
    remote.peer.events.on('message', ({ message }) => {
      if (message.type === 'inv') void remote.peer.disconnect({ blame: 'discourage' })
    })
    await remote.shakeHands()
    await remote.say({ type: 'inv', inventory: [{ type: 2, hash: hashOf(1) }] })
    expect(remote.notifications.map(({ message }) => message.type)).toEqual(['ready', 'disconnected'])
  })
})
