import { describe, expect, it } from 'vitest'
import { ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

const MINUTE = 60_000

/** Advances in steps, saying something each time, so that only what is under test can run out. */
async function busy(remote: ScriptedRemote, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await remote.clock.advance(MINUTE)
    await remote.say({ type: 'unknown', command: 'alive', payload: new Uint8Array(0) })
  }
}

describe('keep-alive', () => {
  it('pings right after the handshake and every two minutes, and measures the round trips', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage(), { type: 'verack' })
    const first = remote.heardOf('ping')
    await remote.clock.advance(30)
    await remote.say({ type: 'pong', nonce: first!.nonce! })
    expect(remote.peer.info()).toMatchObject({ pingTime: 30, minimumPing: 30, averagePing: 30 })
    await remote.clock.advance(2 * MINUTE - 31)
    expect(remote.heardTypes()).toEqual([])
    await remote.clock.advance(1)
    const second = remote.heardOf('ping')
    await remote.clock.advance(70)
    expect(remote.peer.info().pingWait).toBe(70)
    await remote.say({ type: 'pong', nonce: second!.nonce! })
    expect(remote.peer.minimumPing).toBe(30)
    expect(remote.peer.info()).toMatchObject({ pingTime: 70, minimumPing: 30, averagePing: 35 })
    expect(remote.peer.info()).not.toHaveProperty('pingWait')
  })

  it('answers a ping with its nonce, and one of before BIP31 not at all', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await remote.say({ type: 'ping', nonce: 0xffff_ffff_ffff_ffffn }, { type: 'ping' })
    expect(remote.heard()).toEqual([{ type: 'pong', nonce: 0xffff_ffff_ffff_ffffn }])
    const old = new ScriptedRemote()
    await old.say(versionMessage({ version: 60_000 }), { type: 'verack' })
    expect(old.transport.sent.at(-1)).toEqual({ command: 'ping', payload: new Uint8Array(0) })
    old.heard()
    await old.say({ type: 'ping', nonce: 1n })
    expect(old.heard()).toEqual([])
  })

  it('drops a remote that leaves a ping unanswered for 20 minutes, however busy', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await busy(remote, 19)
    expect(remote.reason).toBeUndefined()
    await busy(remote, 1)
    expect(remote.reason).toEqual({ code: 'ping-timeout', blame: 'disconnect', timeout: 20 * MINUTE })
  })

  it('ignores a pong with another nonce', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await remote.say({ type: 'pong', nonce: 12_345n })
    expect(remote.peer.info()).not.toHaveProperty('pingTime')
    await busy(remote, 20)
    expect(remote.reason?.code).toBe('ping-timeout')
  })

  it.each([
    ['a zero nonce', new Uint8Array(8)],
    ['a short payload', Uint8Array.of(1, 2, 3)],
  ])('a pong with %s cancels the ping without measuring', async (_, payload) => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await remote.sayRaw('pong', payload)
    expect(remote.peer.info()).not.toHaveProperty('pingWait')
    expect(remote.peer.info()).not.toHaveProperty('pingTime')
    await remote.clock.advance(2 * MINUTE)
    expect(remote.heardTypes()).toContain('ping')
  })

  it('an unasked pong does nothing', async () => {
    const remote = new ScriptedRemote({ timeouts: { pingInterval: 0 } })
    await remote.shakeHands()
    await remote.say({ type: 'pong', nonce: 1n })
    expect(remote.reason).toBeUndefined()
    expect(remote.heard()).toEqual([])
  })

  it('drops a remote that says nothing for 20 minutes', async () => {
    const remote = new ScriptedRemote({ timeouts: { pingInterval: 0 } })
    await remote.shakeHands()
    await remote.clock.advance(20 * MINUTE - 1)
    expect(remote.reason).toBeUndefined()
    await remote.clock.advance(1)
    expect(remote.reason).toEqual({
      code: 'inactive',
      blame: 'disconnect',
      direction: 'receive',
      timeout: 20 * MINUTE,
    })
  })

  it('drops a remote that takes nothing for 20 minutes, though it speaks', async () => {
    const remote = new ScriptedRemote({ timeouts: { pingInterval: 0 } })
    await remote.shakeHands()
    remote.transport.blocked = true
    remote.transport.queuedBytes = 500
    remote.transport.bytesSent = () => 500
    await busy(remote, 45)
    expect(remote.reason).toEqual({
      code: 'inactive',
      blame: 'disconnect',
      direction: 'send',
      timeout: 20 * MINUTE,
    })
  })

  it('an address fetch that brings nothing ends after five minutes', async () => {
    const remote = new ScriptedRemote({ kind: 'addr-fetch' })
    await remote.shakeHands()
    await remote.clock.advance(5 * MINUTE - 1)
    expect(remote.reason).toBeUndefined()
    await remote.clock.advance(1)
    expect(remote.reason).toEqual({
      code: 'purpose-timeout',
      blame: 'disconnect',
      purpose: 'addr-fetch',
      timeout: 5 * MINUTE,
    })
  })

  it('leaves no timer behind', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    const ping = remote.peer.ping().catch((error: unknown) => error)
    await remote.settle()
    await remote.peer.disconnect({ detail: 'over' })
    expect(await ping).toMatchObject({ code: 'disconnected' })
    expect(remote.clock.pendingTimers).toBe(0)
  })
})

it('does not hold against a remote that it takes nothing while we are stopped', async () => {
  const remote = new ScriptedRemote({ timeouts: { pingInterval: 0 } })
  await remote.shakeHands()
  remote.transport.blocked = true
  remote.transport.queuedBytes = 500
  remote.transport.bytesSent = () => 500
  await busy(remote, 1)
  remote.clock.skip(25 * MINUTE)
  await remote.clock.advance(1_000)
  await remote.settle()
  expect(remote.reason).toBeUndefined()
})
