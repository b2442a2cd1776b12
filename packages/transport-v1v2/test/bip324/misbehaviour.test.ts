import { inspect } from 'node:util'
import {
  bytesToHex,
  concatBytes,
  createShortIds,
  defaultShortIds,
  testnet4,
  type Contents,
} from '@sapwood/wire-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runtimeCrypto as cryptoBackend } from '../../src/crypto/crypto.node.ts'
import { createSeededRandom } from '../../src/testing/index.ts'
import { createEphemeralKey } from '../../src/v2/keys/ephemeral-key.ts'
import type { V2Session } from '../../src/v2/v2-session.ts'
import { createTestSession, deliver, handshake, NOTHING, scriptedPeer, taken } from './scripted-peer.ts'

const code = (value: string): unknown => expect.objectContaining({ name: 'TransportError', code: value })
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const DECOY = 0x80
const MAX_CONTENTS = 4_000_013

describe('the handshake', () => {
  it.each([1, 2, 3, 15, 16, 63, 64, 65, 1_000])('takes any fragmentation: chunks of %i bytes', (size) => {
    const garbage = createSeededRandom(size).bytes(size === 1 ? 4_095 : size)
    const initiator = createTestSession('initiator', { garbage, decoys: [0, 300] })
    const responder = createTestSession('responder', { garbage: garbage.slice(1), decoys: [7] })
    handshake(initiator, responder, size)
    expect([initiator.phase, responder.phase]).toEqual(['application', 'application'])
    expect(initiator.sessionId).toEqual(responder.sessionId)
    initiator.frame({ command: 'ping', payload: ascii('12345678') })
    expect(deliver(taken(initiator), responder, size)).toEqual([
      { command: 'ping', payload: ascii('12345678') },
    ])
    expect(responder.counters().decoysReceived).toBe(2)
    expect(initiator.counters()).toMatchObject({ decoysReceived: 1, decoysSent: 2 })
  })

  it('sends its terminator and version packet as soon as it has the key', () => {
    const session = createTestSession('initiator')
    session.start()
    expect(taken(session)).toHaveLength(64)
    const key = createEphemeralKey(cryptoBackend, createSeededRandom(5)).encoding
    session.receive(key.subarray(0, 63), [])
    expect(session.outbox.length).toBe(0)
    session.receive(key.subarray(63), [])
    expect(session.outbox.length).toBe(16 + 20)
    expect(session.phase).toBe('garbage')
  })

  it('finds the terminator after 4,095 bytes of garbage and no later', () => {
    const late = createTestSession('initiator')
    scriptedPeer(late)
    late.receive(new Uint8Array(4_110), [])
    expect(() => late.receive(new Uint8Array(1), [])).toThrow(code('garbage-unterminated'))

    const garbage = new Uint8Array(4_095)
    const timely = createTestSession('initiator')
    const peer = scriptedPeer(timely)
    timely.receive(concatBytes(garbage, peer.keys.sendGarbageTerminator), [])
    expect(timely.phase).toBe('version')
    timely.receive(peer.seal(NOTHING, { aad: garbage }), [])
    expect(timely.phase).toBe('application')
  })

  it('refuses a wrong terminator', () => {
    const session = createTestSession('initiator')
    const peer = scriptedPeer(session)
    const wrong = Uint8Array.from(peer.keys.sendGarbageTerminator)
    wrong[15]! ^= 1
    session.receive(concatBytes(wrong, peer.seal(NOTHING)), [])
    expect(session.phase).toBe('garbage')
    expect(() => session.receive(new Uint8Array(5_000), [])).toThrow(code('garbage-unterminated'))
  })

  it.each([1, 15, 16, 4_000])(
    'is not fooled by the first 15 bytes of the terminator: chunks of %i',
    (size) => {
      const session = createTestSession('initiator')
      const peer = scriptedPeer(session)
      const almost = peer.keys.sendGarbageTerminator.slice(0, 15)
      const garbage = concatBytes(...new Array<Uint8Array>(200).fill(almost))
      const bytes = concatBytes(
        garbage,
        peer.keys.sendGarbageTerminator,
        peer.seal(NOTHING, { aad: garbage }),
        peer.seal(ascii('\u0012x')),
      )
      expect(deliver(bytes, session, size)).toEqual([{ command: 'ping', payload: ascii('x') }])
    },
  )

  it('refuses garbage that was changed on the way, whichever bit', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(7), (index, bit) => {
        const session = createTestSession('responder')
        const peer = scriptedPeer(session, 'initiator')
        const garbage = new Uint8Array(100).fill(0x55)
        const changed = Uint8Array.from(garbage)
        changed[index]! ^= 1 << bit
        const packet = peer.seal(NOTHING, { aad: garbage })
        expect(() =>
          session.receive(concatBytes(changed, peer.keys.sendGarbageTerminator, packet), []),
        ).toThrow(code('authentication-failed'))
      }),
      { numRuns: 15 },
    )
  })

  it('refuses a first packet that does not authenticate the garbage', () => {
    const session = createTestSession('initiator')
    const peer = scriptedPeer(session)
    const bytes = concatBytes(ascii('garbage'), peer.keys.sendGarbageTerminator, peer.seal(NOTHING))
    expect(() => session.receive(bytes, [])).toThrow(code('authentication-failed'))
  })

  it('takes the garbage from the first packet only, be it a decoy', () => {
    const aad = ascii('garbage')
    const good = createTestSession('initiator')
    const peer = scriptedPeer(good)
    good.receive(
      concatBytes(aad, peer.keys.sendGarbageTerminator, peer.seal(ascii('x'), { header: DECOY, aad })),
      [],
    )
    good.receive(peer.seal(NOTHING, { header: DECOY }), [])
    expect(good.phase).toBe('version')
    good.receive(peer.seal(NOTHING), [])
    expect(good.phase).toBe('application')

    const bad = createTestSession('initiator')
    const other = scriptedPeer(bad)
    bad.receive(
      concatBytes(aad, other.keys.sendGarbageTerminator, other.seal(NOTHING, { header: DECOY, aad })),
      [],
    )
    expect(() => bad.receive(other.seal(NOTHING, { aad }), [])).toThrow(code('authentication-failed'))
  })

  it('ignores the contents of the version packet', () => {
    const session = createTestSession('initiator')
    const peer = scriptedPeer(session)
    session.receive(
      concatBytes(peer.keys.sendGarbageTerminator, peer.seal(new Uint8Array(5_000).fill(9))),
      [],
    )
    expect(session.phase).toBe('application')
  })

  it('never completes between networks, and says so of those that are known', () => {
    const initiator = createTestSession('initiator')
    const known = createTestSession('responder', { magic: testnet4.magic })
    expect(() => handshake(initiator, known)).toThrow(code('wrong-network'))

    const magic = Uint8Array.of(1, 2, 3, 4)
    const another = createTestSession('initiator', { magic: Uint8Array.of(5, 6, 7, 8) })
    const unknown = createTestSession('responder', { magic })
    handshake(another, unknown)
    expect([another.phase, unknown.phase]).toEqual(['garbage', 'garbage'])
    expect(() => deliver(new Uint8Array(5_000), another)).toThrow(code('garbage-unterminated'))
  })

  it('ends in a typed error or waits on, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 6 }), (chunks) => {
        const session = createTestSession('responder')
        session.start()
        const messages: Contents[] = []
        try {
          for (const chunk of chunks) session.receive(chunk, messages)
        } catch (error) {
          expect(error).toHaveProperty('name', 'TransportError')
        }
        expect(messages).toEqual([])
        expect(session.phase).not.toBe('application')
      }),
      { numRuns: 25 },
    )
  })
})

describe('packets', () => {
  const ready = () => {
    const session = createTestSession('initiator')
    const peer = scriptedPeer(session)
    session.receive(concatBytes(peer.keys.sendGarbageTerminator, peer.seal(NOTHING)), [])
    return { session, peer }
  }

  it('are refused by their length as soon as its three bytes are there', () => {
    const { session, peer } = ready()
    const packet = peer.seal(NOTHING, { length: MAX_CONTENTS + 1 })
    session.receive(packet.subarray(0, 2), [])
    expect(() => session.receive(packet.subarray(2, 3), [])).toThrow(
      expect.objectContaining({ code: 'message-too-large', received: MAX_CONTENTS + 1, limit: MAX_CONTENTS }),
    )
  })

  it('may be as long as a long command and 4,000,000 bytes', () => {
    const { session, peer } = ready()
    const contents = new Uint8Array(MAX_CONTENTS)
    contents.set(ascii('\0longcommand1'))
    const [message] = deliver(peer.seal(contents), session)
    expect(message?.command).toBe('longcommand1')
    expect(message?.payload).toHaveLength(4_000_000)
  })

  describe('that hold a message which may be larger than all others', () => {
    const LARGEST = 0xff_ffff
    const proof = (length: number): Uint8Array => {
      const contents = new Uint8Array(length)
      contents[0] = 29
      return contents
    }

    it('are refused where it is not expected', () => {
      const { session, peer } = ready()
      expect(() => session.receive(peer.seal(proof(MAX_CONTENTS + 1)).subarray(0, 3), [])).toThrow(
        expect.objectContaining({ code: 'message-too-large', limit: MAX_CONTENTS }),
      )
    })

    it('are taken while it is, and hold no more than what has arrived', () => {
      const { session, peer } = ready()
      session.payloadLimits.expect('uproof', true)
      const packet = peer.seal(proof(LARGEST - 12))
      const before = process.memoryUsage().arrayBuffers
      session.receive(packet.subarray(0, 1_000), [])
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000)
      expect(session.missingBytes).toBe(packet.length - 1_000)
      const [message] = deliver(packet.subarray(1_000), session, 1_000_000)
      expect(message?.command).toBe('uproof')
      expect(message?.payload).toHaveLength(LARGEST - 13)
    })

    it('are refused again once it is not', () => {
      const { session, peer } = ready()
      session.payloadLimits.expect('uproof', true)
      session.payloadLimits.expect('uproof', false)
      expect(() => session.receive(peer.seal(proof(MAX_CONTENTS + 1)).subarray(0, 3), [])).toThrow(
        expect.objectContaining({ code: 'message-too-large' }),
      )
    })

    it('are refused where they hold another message', () => {
      const { session, peer } = ready()
      session.payloadLimits.expect('uproof', true)
      const contents = proof(4_000_002)
      contents[0] = 2
      expect(() => deliver(peer.seal(contents), session)).toThrow(
        expect.objectContaining({ code: 'message-too-large', received: 4_000_001, limit: 4_000_000 }),
      )
    })

    it('are no way to larger messages of a command that has none', () => {
      const { session, peer } = ready()
      session.payloadLimits.expect('block', true)
      expect(() => session.receive(peer.seal(proof(MAX_CONTENTS + 1)).subarray(0, 3), [])).toThrow(
        expect.objectContaining({ code: 'message-too-large' }),
      )
    })
  })

  it.each([
    ['no contents', ''],
    ['an unknown id', '\u00e0payload'],
    ['the highest id', '\u00ffpayload'],
    ['a command that is cut off', '\0version\0\0\0\0'],
    ['an unprintable character', '\0ver\u0001ion\0\0\0\0\0'],
    ['characters after the padding', '\0version\0\0\0\0x'],
    ['an empty command', '\0\0\0\0\0\0\0\0\0\0\0\0\0'],
  ])('with %s are dropped, and the connection goes on', (_, contents) => {
    const { session, peer } = ready()
    expect(deliver(peer.seal(ascii(contents)), session)).toEqual([])
    expect(session.counters().messagesDropped).toBe(1)
    expect(deliver(peer.seal(ascii('\u0013ok')), session)).toEqual([
      { command: 'pong', payload: ascii('ok') },
    ])
  })

  it('hold a known command in either form', () => {
    const { session, peer } = ready()
    const both = concatBytes(peer.seal(ascii('\u0012x')), peer.seal(ascii('\0ping\0\0\0\0\0\0\0\0x')))
    expect(deliver(both, session)).toEqual([
      { command: 'ping', payload: ascii('x') },
      { command: 'ping', payload: ascii('x') },
    ])
  })

  it('are known by the ids of their own connection', () => {
    const shortIds = createShortIds([...defaultShortIds.entries(), [200, 'sapwood']])
    const initiator = createTestSession('initiator', { shortIds })
    const responder = createTestSession('responder', { shortIds })
    const plain = createTestSession('initiator')
    handshake(initiator, responder)
    handshake(plain, createTestSession('responder'))
    initiator.frame({ command: 'sapwood', payload: NOTHING })
    const bytes = taken(initiator)
    expect(bytes).toHaveLength(21)
    expect(deliver(bytes, responder)).toEqual([{ command: 'sapwood', payload: NOTHING }])
    plain.frame({ command: 'sapwood', payload: NOTHING })
    expect(taken(plain)).toHaveLength(33)
  })

  it('are decoys by the highest bit of the header, the others being ignored', () => {
    const { session, peer } = ready()
    const bytes = concatBytes(
      peer.seal(ascii('\u0012decoy'), { header: 0xff }),
      peer.seal(ascii('\u0012x'), { header: 0x7f }),
    )
    expect(deliver(bytes, session)).toEqual([{ command: 'ping', payload: ascii('x') }])
    expect(session.counters().decoysReceived).toBe(1)
  })

  it('have to be authentic as decoys too', () => {
    const { session, peer } = ready()
    const decoy = peer.seal(ascii('decoy'), { header: DECOY })
    decoy[10]! ^= 1
    expect(() => session.receive(decoy, [])).toThrow(code('authentication-failed'))
  })

  it('changed in any bit are never a message, nor is anything after them', () => {
    for (let bit = 0; bit < 8 * (20 + 3); bit++) {
      const { session, peer } = ready()
      const bytes = concatBytes(
        peer.seal(ascii('\u0012ab')),
        peer.seal(ascii('\u0013c')),
        new Uint8Array(100),
      )
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const { messages, failure } = receiveWithMore(session, bytes)
      expect(messages).toEqual([])
      expect(failure).toHaveProperty(
        'code',
        expect.stringMatching(/^(authentication-failed|message-too-large)$/),
      )
    }
  })

  it('cannot be swapped, repeated or left out', () => {
    for (const order of [[1, 0], [0, 0], [1], [0, 2]]) {
      const { session, peer } = ready()
      const packets = [0, 1, 2].map((index) => peer.seal(Uint8Array.of(18, index)))
      const bytes = concatBytes(...order.map((index) => packets[index]!))
      const { messages, failure } = receiveWithMore(session, bytes)
      expect(failure).toHaveProperty('name', 'TransportError')
      expect(messages.length).toBe(order[0] === 0 ? 1 : 0)
    }
  })

  it('change their key every 224, in both directions', () => {
    const initiator = createTestSession('initiator')
    const responder = createTestSession('responder')
    handshake(initiator, responder)
    for (let index = 0; index < 1_000; index++) {
      initiator.frame({ command: 'ping', payload: Uint8Array.of(index, index >> 8) })
      expect(deliver(taken(initiator), responder)).toEqual([
        { command: 'ping', payload: Uint8Array.of(index, index >> 8) },
      ])
    }
    // 1,000 and the version packet, and one version packet the other way.
    expect(initiator.counters().rekeys).toBe(Math.floor(1_001 / 224))
    expect(responder.counters().rekeys).toBe(Math.floor(1_001 / 224))
  })
})

describe('secrets', () => {
  it('are not shown by inspection', () => {
    const session = createTestSession('initiator')
    const peer = scriptedPeer(session)
    const shown = inspect(session, { depth: 20, showHidden: true })
    for (const key of [peer.keys.sendLength, peer.keys.receivePacket]) {
      expect(shown).not.toContain(bytesToHex(key))
      expect(shown).not.toContain(inspect(key))
    }
  })

  it('are overwritten by wipe', () => {
    const keys: Uint8Array[] = []
    const random = createSeededRandom(3)
    const watching = {
      ...cryptoBackend,
      createAead: (key: Uint8Array) => {
        keys.push(key)
        return cryptoBackend.createAead(key)
      },
    }
    const initiator = createTestSession('initiator', { key: createEphemeralKey(watching, random) }, watching)
    const responder = createTestSession('responder')
    handshake(initiator, responder)
    expect(keys).toHaveLength(2)
    expect(keys.some((key) => key.some((byte) => byte !== 0))).toBe(true)
    initiator.wipe()
    expect(keys.every((key) => key.every((byte) => byte === 0))).toBe(true)
  })
})

/** Feeds bytes and then so many more that whatever length was read out of them is reached. */
function receiveWithMore(
  session: V2Session,
  bytes: Uint8Array,
): { readonly messages: readonly Contents[]; readonly failure: unknown } {
  const messages: Contents[] = []
  try {
    session.receive(bytes, messages)
    for (let more = 0; more < 260; more++) session.receive(new Uint8Array(65_536), messages)
    return { messages, failure: undefined }
  } catch (failure) {
    return { messages, failure }
  }
}
