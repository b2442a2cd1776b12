import { encodePayload, type Message } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { type ConnectionKind, createOwnNonces } from '../src/index.ts'
import { ScriptedRemote, versionMessage } from './support/scripted-remote.ts'

const noAddress = { services: 0n, ip: new Uint8Array(16), port: 0 }

describe('the version handshake where we dialled', () => {
  it('sends version at once, and nothing else until the remote has sent its own', async () => {
    const remote = new ScriptedRemote()
    await remote.settle()
    const [version, ...others] = remote.heard()
    // A remote that sees no WITNESS in it sends transactions without their witness (btcd).
    expect(version).toMatchObject({ type: 'version', services: 8n })
    expect(others).toEqual([])
    expect(remote.peer.state).toBe('awaiting-version')
  })

  it('answers version with wtxidrelay, sendaddrv2, verack and getaddr, in the order of Core', async () => {
    const remote = new ScriptedRemote({ features: new Map([['BIP999', Uint8Array.of(1)]]) })
    await remote.say(versionMessage())
    expect(remote.heardTypes()).toEqual([
      'version',
      'wtxidrelay',
      'sendaddrv2',
      'feature',
      'verack',
      'getaddr',
    ])
  })

  it('is ready at verack: compact blocks, headers first, and the first ping right after', async () => {
    const remote = new ScriptedRemote({ feeFilter: 1_000n })
    await remote.say(versionMessage())
    remote.heard()
    await remote.say({ type: 'verack' })
    expect(remote.peer.state).toBe('ready')
    expect(remote.heardTypes()).toEqual(['sendcmpct', 'sendheaders', 'feefilter', 'ping'])
    expect(remote.notifications[0]?.message).toMatchObject({
      type: 'ready',
      version: { userAgent: '/remote:1/' },
    })
  })

  it.each([
    [70_016, ['wtxidrelay', 'sendaddrv2', 'verack', 'getaddr'], ['sendcmpct', 'sendheaders', 'ping']],
    [70_015, ['verack', 'getaddr'], ['sendcmpct', 'sendheaders', 'ping']],
    [70_013, ['verack', 'getaddr'], ['sendheaders', 'ping']],
    [70_011, ['verack', 'getaddr'], ['ping']],
    [31_800, ['verack', 'getaddr'], ['ping']],
  ])('speaks to version %i only what it knows', async (version, first, second) => {
    const remote = new ScriptedRemote({ features: new Map([['BIP999', Uint8Array.of(1)]]) })
    await remote.settle()
    remote.heard()
    await remote.say(versionMessage({ version }))
    expect(remote.heardTypes()).toEqual(first)
    await remote.say({ type: 'verack' })
    expect(remote.heardTypes()).toEqual(second)
    expect((await remote.peer.handshake).commonVersion).toBe(version)
  })

  it("carries no fingerprint: no address of ours, the remote's only where it was dialled directly", async () => {
    const address = { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 8333 } as const
    const direct = new ScriptedRemote({
      address,
      version: { userAgent: '/x:1/', services: 8n, startHeight: 5 },
    })
    await direct.settle()
    expect(direct.heardOf('version')).toMatchObject({
      sender: noAddress,
      receiver: { ip: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4), port: 8333 },
      userAgent: '/x:1/',
      services: 8n,
      startHeight: 5,
      relay: true,
    })
    const proxied = new ScriptedRemote({ address, proxied: true })
    await proxied.settle()
    expect(proxied.heardOf('version')).toMatchObject({ sender: noAddress, receiver: noAddress })
    const onion = new ScriptedRemote({
      address: { network: 'torv3', bytes: new Uint8Array(32).fill(1), port: 8333 },
    })
    await onion.settle()
    expect(onion.heardOf('version')?.receiver).toEqual(noAddress)
    const local = new ScriptedRemote({
      address: { network: 'ipv4', bytes: Uint8Array.of(192, 168, 1, 2), port: 8333 },
    })
    await local.settle()
    expect(local.heardOf('version')?.receiver).toEqual(noAddress)
  })

  it.each<[ConnectionKind, boolean, boolean]>([
    ['outbound-full-relay', true, true],
    ['extra', true, true],
    ['manual', true, true],
    ['block-relay-only', false, false],
    ['addr-fetch', false, true],
  ])('%s: relay flag %s, getaddr %s', async (kind, relay, getaddr) => {
    const remote = new ScriptedRemote({ kind })
    await remote.say(versionMessage())
    const heard = remote.heard()
    expect(heard[0]).toMatchObject({ type: 'version', relay })
    expect(heard.some(({ type }) => type === 'getaddr')).toBe(getaddr)
  })

  it('a feeler ends, its purpose met, once the remote has shown its version', async () => {
    const remote = new ScriptedRemote({ kind: 'feeler' })
    await remote.say(versionMessage())
    expect(remote.heardTypes()).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack'])
    expect(remote.reason).toEqual({ code: 'purpose-met', blame: 'none', purpose: 'feeler' })
    expect(await remote.peer.handshake).toMatchObject({ userAgent: '/remote:1/' })
  })
})

describe('the version handshake where we were dialled', () => {
  it("is silent until the remote's version, then answers with its own and the rest", async () => {
    const remote = new ScriptedRemote({ kind: 'inbound' })
    await remote.settle()
    expect(remote.heardTypes()).toEqual([])
    await remote.say(versionMessage())
    expect(remote.heardTypes()).toEqual(['version', 'wtxidrelay', 'sendaddrv2', 'verack'])
    await remote.say({ type: 'verack' })
    expect(remote.peer.state).toBe('ready')
  })

  it('knows itself by the nonce of a connection of its own under way', async () => {
    const ownNonces = createOwnNonces()
    const outgoing = new ScriptedRemote({ components: { ownNonces } })
    await outgoing.settle()
    const nonce = outgoing.heardOf('version')!.nonce
    const incoming = new ScriptedRemote({ kind: 'inbound', components: { ownNonces } })
    await incoming.say(versionMessage({ nonce }))
    expect(incoming.reason).toEqual({ code: 'self-connection', blame: 'disconnect', nonce })
    expect(incoming.heardTypes()).toEqual([])
  })

  it('forgets the nonce once that connection is ready or over', async () => {
    const ownNonces = createOwnNonces()
    for (const finish of [
      (remote: ScriptedRemote) => remote.shakeHands(),
      (remote: ScriptedRemote) => remote.peer.disconnect({ detail: 'x' }),
    ]) {
      const outgoing = new ScriptedRemote({ components: { ownNonces } })
      await outgoing.settle()
      const nonce = outgoing.heardOf('version')!.nonce
      expect(ownNonces.has(nonce)).toBe(true)
      await finish(outgoing)
      expect(ownNonces.has(nonce)).toBe(false)
    }
  })

  it('does not give a private broadcast away by its nonce', async () => {
    const ownNonces = createOwnNonces()
    const outgoing = new ScriptedRemote({ kind: 'private-broadcast', components: { ownNonces } })
    await outgoing.settle()
    expect(ownNonces.has(outgoing.heardOf('version')!.nonce)).toBe(false)
  })
})

describe('what is ignored', () => {
  const early: readonly Message[] = [
    { type: 'verack' },
    { type: 'ping', nonce: 1n },
    { type: 'wtxidrelay' },
    { type: 'sendaddrv2' },
    { type: 'getaddr' },
    { type: 'feature', id: 'BIP999', data: new Uint8Array(0) },
    { type: 'unknown', command: 'whatever', payload: Uint8Array.of(1, 2, 3) },
  ]

  it.each(early)('before version: $type', async (message) => {
    const remote = new ScriptedRemote({ kind: 'inbound' })
    await remote.say(message)
    expect(remote.heard()).toEqual([])
    expect(remote.peer.state).toBe('awaiting-version')
    await remote.shakeHands()
    expect(remote.peer.state).toBe('ready')
    expect(remote.peer.info()).toMatchObject({ wtxidRelay: false, addrv2: false })
  })

  it.each<Message>([
    { type: 'ping', nonce: 1n },
    { type: 'inv', inventory: [] },
    { type: 'headers', headers: [] },
    { type: 'getaddr' },
    { type: 'sendtxrcncl', version: 1, salt: 1n },
    { type: 'unknown', command: 'future', payload: new Uint8Array(0) },
  ])('before verack: $type', async (message) => {
    const remote = new ScriptedRemote({ kind: 'inbound' })
    await remote.say(versionMessage())
    remote.heard()
    await remote.say(message)
    expect(remote.heard()).toEqual([])
    expect(remote.reason).toBeUndefined()
    await remote.say({ type: 'verack' })
    expect(remote.peer.state).toBe('ready')
  })

  it('a second version or verack, and a second wtxidrelay', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage(), { type: 'wtxidrelay' }, { type: 'wtxidrelay' }, { type: 'verack' })
    await remote.say(versionMessage({ userAgent: '/other/', services: 0n }), { type: 'verack' })
    expect(remote.reason).toBeUndefined()
    expect(remote.peer.info()).toMatchObject({ userAgent: '/remote:1/', wtxidRelay: true })
  })

  it('wtxidrelay from a version that does not have it', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage({ version: 70_015 }), { type: 'wtxidrelay' }, { type: 'verack' })
    expect(remote.peer.info().wtxidRelay).toBe(false)
  })

  it('a command named after what every object has', async () => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    for (const command of ['constructor', '__proto__', 'toString', 'valueOf']) await remote.sayRaw(command)
    expect(remote.reason).toBeUndefined()
    expect(remote.handedOn()).toHaveLength(4)
  })

  it('a version that does not decode: the remote may send a better one', async () => {
    const remote = new ScriptedRemote()
    await remote.sayRaw('version', Uint8Array.of(1, 2, 3))
    expect(remote.peer.info().malformedMessages).toBe(1)
    await remote.shakeHands()
    expect(remote.peer.state).toBe('ready')
  })
})

describe('what is settled between version and verack', () => {
  it('sendheaders and sendcmpct count before verack too, as in Core', async () => {
    const remote = new ScriptedRemote()
    await remote.say(
      versionMessage(),
      { type: 'sendheaders' },
      { type: 'sendcmpct', announce: true, version: 2n },
    )
    await remote.say({ type: 'verack' })
    expect(remote.peer.info()).toMatchObject({ prefersHeaders: true, compactHighBandwidthFrom: true })
  })

  it('features are noted by id, and bounded', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage())
    for (let n = 0; n < 90; n++) {
      await remote.say({ type: 'feature', id: `feature-${n}`, data: Uint8Array.of(n) })
    }
    await remote.say({ type: 'verack' })
    const { features } = await remote.peer.handshake
    expect(features.size).toBe(90)
    expect(features.get('feature-7')).toEqual(Uint8Array.of(7))
  })

  it('features are bounded in bytes too', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage())
    for (let n = 0; n < 90; n++)
      await remote.say({ type: 'feature', id: `${n}`.padEnd(80, '-'), data: new Uint8Array(512) })
    await remote.say({ type: 'verack' })
    const { features } = await remote.peer.handshake
    let bytes = 0
    for (const [id, data] of features) bytes += id.length + data.length
    expect(bytes).toBeGreaterThan(7_000)
    expect(bytes).toBeLessThanOrEqual(8_192)
  })
})

describe('what ends the handshake', () => {
  it('an obsolete version', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage({ version: 31_799 }))
    expect(remote.reason).toEqual({
      code: 'obsolete-version',
      blame: 'disconnect',
      received: 31_799,
      minimum: 31_800,
    })
    await expect(remote.peer.handshake).rejects.toMatchObject({
      code: 'disconnected',
      reason: { code: 'obsolete-version' },
    })
  })

  it.each<[ConnectionKind, boolean]>([
    ['outbound-full-relay', true],
    ['extra', true],
    ['block-relay-only', true],
    ['addr-fetch', true],
    ['private-broadcast', true],
    ['manual', false],
    ['feeler', false],
    ['inbound', false],
  ])('missing services, on %s: %s', async (kind, matters) => {
    const remote = new ScriptedRemote({ kind, servicesWanted: 9n })
    await remote.say(versionMessage({ services: 8n }))
    const missing = { code: 'missing-services', blame: 'disconnect', received: 8n, required: 9n }
    if (matters) expect(remote.reason).toEqual(missing)
    else expect(remote.reason?.code).not.toBe('missing-services')
  })

  it.each([
    [8n, 9n],
    [1_032n, undefined],
    [9n, undefined],
  ])('missing services, where what is needed depends on those offered: %s', async (services, required) => {
    const servicesWanted = (offered: bigint): bigint => ((offered & 1_024n) === 0n ? 9n : 1_032n)
    const remote = new ScriptedRemote({ kind: 'outbound-full-relay', servicesWanted })
    await remote.say(versionMessage({ services }))
    if (required === undefined) expect(remote.reason).toBeUndefined()
    else expect(remote.reason).toMatchObject({ code: 'missing-services', received: services, required })
  })

  it.each<Message>([
    { type: 'wtxidrelay' },
    { type: 'sendaddrv2' },
    { type: 'feature', id: 'BIP999', data: new Uint8Array(0) },
  ])('$type after verack', async (message) => {
    const remote = new ScriptedRemote()
    await remote.shakeHands()
    await remote.say(message)
    expect(remote.reason).toEqual({
      code: 'late-handshake-message',
      blame: 'disconnect',
      command: message.type,
    })
  })

  it('a feature from a version that has none', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage({ version: 70_016 }), {
      type: 'feature',
      id: 'BIP999',
      data: new Uint8Array(0),
    })
    expect(remote.reason).toMatchObject({
      code: 'message-not-negotiated',
      blame: 'disconnect',
      commonVersion: 70_016,
      required: 70_017,
    })
  })

  it('a feature that does not decode', async () => {
    const remote = new ScriptedRemote()
    await remote.say(versionMessage())
    await remote.sayRaw('feature', Uint8Array.of(1, 65, 0))
    expect(remote.reason).toMatchObject({ code: 'malformed', blame: 'disconnect', command: 'feature' })
  })

  it.each([
    ['no version', false],
    ['no verack', true],
  ])('%s within a minute, however busy the remote is', async (_, sendsVersion) => {
    const remote = new ScriptedRemote()
    if (sendsVersion) await remote.say(versionMessage())
    for (let second = 0; second < 59; second += 10) {
      await remote.say({ type: 'ping', nonce: 1n })
      await remote.clock.advance(9_990)
    }
    expect(remote.reason).toBeUndefined()
    await remote.clock.advance(1_000)
    const state = sendsVersion ? 'awaiting-verack' : 'awaiting-version'
    expect(remote.reason).toEqual({ code: 'handshake-timeout', blame: 'disconnect', state, timeout: 60_000 })
  })
})

describe('a private broadcast', () => {
  const txid = new Uint8Array(32).fill(3)
  const payload = Uint8Array.of(1, 0, 0, 0)
  const start = (): ScriptedRemote =>
    new ScriptedRemote({ kind: 'private-broadcast', privateTransaction: { txid, payload } })

  it('says what every private broadcast says, hands over one transaction, and leaves at the pong', async () => {
    const remote = start()
    await remote.settle()
    expect(remote.heard()[0]).toMatchObject({
      version: 70_016,
      services: 0n,
      time: 0,
      userAgent: '/pynode:0.0.1/',
      startHeight: 0,
      relay: false,
      receiver: noAddress,
      sender: noAddress,
    })
    await remote.say(versionMessage())
    expect(remote.heardTypes()).toEqual(['verack'])
    await remote.say({ type: 'verack' })
    expect(remote.heard()).toEqual([{ type: 'inv', inventory: [{ type: 1, hash: txid }] }])
    await remote.say(
      { type: 'ping', nonce: 5n },
      { type: 'getaddr' },
      { type: 'inv', inventory: [{ type: 1, hash: txid }] },
    )
    expect(remote.heard()).toEqual([])
    await remote.say({ type: 'getdata', inventory: [{ type: 0x40000001, hash: txid }] })
    expect(remote.transport.sent.slice(-2).map(({ command }) => command)).toEqual(['tx', 'ping'])
    expect(remote.transport.sent.at(-2)?.payload).toEqual(payload)
    const ping = new DataView(remote.transport.sent.at(-1)!.payload.buffer).getBigUint64(0, true)
    await remote.say({ type: 'pong', nonce: ping })
    expect(remote.reason).toEqual({ code: 'purpose-met', blame: 'none', purpose: 'private-broadcast' })
  })

  it('ends where the remote relays no transactions, asks for another, or takes too long', async () => {
    const deaf = start()
    await deaf.say(versionMessage({ relay: false }))
    expect(deaf.reason).toEqual({ code: 'transactions-not-relayed', blame: 'disconnect' })
    const curious = start()
    await curious.shakeHands()
    await curious.say({ type: 'getdata', inventory: [{ type: 1, hash: new Uint8Array(32) }] })
    expect(curious.reason).toMatchObject({ code: 'invalid-request', command: 'getdata' })
    const slow = start()
    await slow.shakeHands()
    await slow.clock.advance(180_000)
    expect(slow.reason).toEqual({
      code: 'purpose-timeout',
      blame: 'disconnect',
      purpose: 'private-broadcast',
      timeout: 180_000,
    })
  })

  it('sends and asks for nothing else', async () => {
    const remote = start()
    expect(() => remote.peer.send({ type: 'getaddr' })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
    await expect(remote.peer.ping()).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

describe('what a remote says of itself', () => {
  const forged = '/x:1/\u001b[2J\n\u0000\u007f\u009b31m\u00ae(ok)'

  it('is shown without what could forge a line or move a cursor, and is raw only by name', async () => {
    const remote = new ScriptedRemote()
    const shown: string[] = []
    remote.peer.events.on('ready', ({ version }) => shown.push(version.userAgent))
    await remote.shakeHands({ userAgent: forged })
    shown.push(remote.peer.info().userAgent, (await remote.peer.handshake).userAgent)
    expect(shown).toEqual(Array.from({ length: 3 }, () => '/x:1/2J31m(ok)'))
    expect((await remote.peer.handshake).rawUserAgent).toBe(forged)
  })
})

describe('messages that came with a version', () => {
  it.each([
    [70_011, []],
    [70_012, ['sendheaders']],
    [70_013, ['sendheaders', 'feefilter']],
    [70_014, ['sendheaders', 'feefilter', 'sendcmpct']],
  ])('are not sent to who speaks %i, whoever sends them', async (version, expected) => {
    const remote = new ScriptedRemote({ compactBlocks: false, preferHeaders: false })
    await remote.shakeHands({ version })
    expect(remote.peer.send({ type: 'sendheaders' })).toBe(true)
    remote.peer.send({ type: 'feefilter', feeRate: 1_000n })
    remote.peer.send({ type: 'sendcmpct', announce: false, version: 2n })
    expect(remote.heardTypes()).toEqual(expected)
  })
})

describe('what is kept of a `version`', () => {
  it('is no view of the message, however long that is', async () => {
    const remote = new ScriptedRemote()
    await remote.settle()
    const { payload } = encodePayload(versionMessage())
    const long = new Uint8Array(3_900_000)
    long.set(payload)
    await remote.sayRaw('version', long)
    await remote.say({ type: 'feature', id: 'BIP999', data: new Uint8Array(4) }, { type: 'verack' })
    const { seenAs, features } = await remote.peer.handshake
    expect(seenAs.ip.buffer.byteLength).toBe(16)
    for (const data of features.values()) expect(data.buffer.byteLength).toBe(4)
  })
})
