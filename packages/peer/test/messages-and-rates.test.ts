import type { GossipedAddress, Message } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { ready } from './support/requests.ts'
import { ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

/*
 * Floresta's peer (floresta-wire 0.5.0, p2p_wire/peer.rs), which this one is modelled on, has the faults
 * named here. Those with a test of their own elsewhere: the constant address in `version`, the nonce that is
 * never compared, no minimum version, unknown commands before `verack`, the pong whose nonce is not looked
 * at, no deadline for `verack` (handshake and keep-alive tests); `getdata` without `notfound`, unbounded
 * channels and writes without end (back-pressure); no word on why (every test of an end); two equal requests,
 * of which the second overwrites the first (requests).
 */
const hash = new Uint8Array(32).fill(1)
const address = (n: number): GossipedAddress => ({
  time: 1,
  services: 9n,
  address: { network: 'ipv4', bytes: Uint8Array.of(8, 8, 8, n), port: 8333 },
})

describe('a fault of the reference that this peer does not have', () => {
  it('settings are not echoed each time they arrive', async () => {
    const remote = await ready()
    for (let n = 0; n < 3; n++)
      await remote.say({ type: 'sendheaders' }, { type: 'feefilter', feeRate: 1_000n })
    expect(remote.heard()).toEqual([])
  })

  it('wtxidrelay and sendcmpct are sent', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage(), { type: 'verack' })
    expect(remote.heardTypes()).toEqual(expect.arrayContaining(['wtxidrelay', 'sendcmpct']))
  })

  it('announcements are not dropped for coming soon after others', async () => {
    const remote = await ready()
    const announcement: Message = {
      type: 'inv',
      inventory: [
        { type: 2, hash },
        { type: 5, hash },
      ],
    }
    await remote.say(announcement)
    await remote.clock.advance(1)
    await remote.say(announcement)
    expect(remote.handedOn()).toMatchObject([announcement, announcement])
  })

  it('addresses of the older message are not lost, nor those that come within ten seconds', async () => {
    const remote = await ready()
    await remote.say({ type: 'addr', addresses: [address(1), address(2)] })
    await remote.say({ type: 'addrv2', addresses: [address(3), address(4)] })
    const bytes = remote
      .handedOn()
      .flatMap((message) =>
        'addresses' in message ? message.addresses.map((each) => each.address.bytes[3]) : [],
      )
    expect([...bytes].sort()).toEqual([1, 2, 3, 4])
  })

  it('a ping under way does not put off the other checks', async () => {
    const remote = await ready()
    await remote.clock.advance(130_000)
    expect(remote.peer.info()).toHaveProperty('pingWait')
    for (let n = 0; n <= 100; n++) await remote.sayRaw('verack')
    expect(remote.reason).toMatchObject({ code: 'flood' })
  })

  it('a quiet day does not earn the right to flood: rates are not averaged over the whole connection', async () => {
    const remote = await ready({ timeouts: { pingInterval: 0, inactivity: 86_400_001 } })
    await remote.clock.advance(86_400_000)
    for (let n = 0; n <= 100; n++) await remote.sayRaw('verack')
    expect(remote.reason).toMatchObject({ code: 'flood' })
  })

  it('a request that reaches a peer before it is ready waits, instead of crashing it', async () => {
    const remote = new ScriptedRemote()
    const ping = remote.peer.ping()
    await remote.settle()
    await remote.say(versionMessage(), { type: 'verack' })
    const nonces = remote.heard().flatMap((message) => (message.type === 'ping' ? [message.nonce!] : []))
    await remote.say(...nonces.map((nonce): Message => ({ type: 'pong', nonce })))
    expect((await ping).roundTrip).toBe(0)
  })

  it('a request whose sending fails is not forgotten', async () => {
    const remote = await ready()
    const broken = new Error('broken pipe')
    remote.transport.writer.send = () => {
      throw broken
    }
    const reply = remote.peer.getHeaders({ locator: [hash as never] }).catch((error: unknown) => error)
    await remote.settle()
    remote.transport.push(broken)
    expect(await reply).toMatchObject({
      code: 'disconnected',
      reason: { code: 'remote-closed', how: 'lost', cause: broken },
    })
  })

  it('a malformed reply to nothing is dropped, and not an end', async () => {
    const remote = await ready()
    for (const command of ['uproof', 'cfheaders', 'cfilter', 'tx'])
      await remote.sayRaw(command, Uint8Array.of(0xfd))
    expect(remote.peer.info().malformedMessages).toBe(4)
    expect(remote.reason).toBeUndefined()
  })

  it('singletons: two requests for headers, filters or addresses do not overwrite each other', async () => {
    const remote = await ready({ timeouts: { request: 1_000 } })
    const ends = await Promise.all([
      ...[1, 2].map(() =>
        remote.peer.getHeaders({ locator: [hash as never] }).catch((error: unknown) => error),
      ),
      ...[1, 2].map(() => remote.peer.getAddresses().catch((error: unknown) => error)),
      remote.clock.advance(1_000),
    ])
    expect(ends.slice(0, 4)).toMatchObject(new Array(4).fill({ code: 'timeout' }))
  })
})
