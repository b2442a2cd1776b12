import { concatBytes, regtest, type Contents } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { createV2Session } from '../v2/create-v2-session.ts'
import { createScriptedV2 } from './scripted-v2.ts'
import { createSeededRandom } from './seeded-random.ts'

const random = createSeededRandom('scripted v2')

function meet(role: 'initiator' | 'responder') {
  const scripted = createScriptedV2({ role, magic: regtest.magic, random })
  const other = role === 'initiator' ? 'responder' : 'initiator'
  const session = createV2Session({ role: other, magic: regtest.magic, garbage: random.bytes(700) })
  session.start()
  session.receive(scripted.key, [])
  const bytes = concatBytes(...session.outbox.take())
  return { scripted, session, bytes }
}

it.each(['initiator', 'responder'] as const)('speaks BIP324 with a session as %s, cut anywhere', (role) => {
  const { scripted, session, bytes } = meet(role)
  const seen = { garbage: 0, packets: 0 }
  for (const byte of bytes) {
    const { garbage, packets } = scripted.receive(Uint8Array.of(byte))
    seen.garbage += garbage?.length ?? 0
    seen.packets += packets.length
  }
  expect(seen).toEqual({ garbage: 700, packets: 1 })
  expect(scripted.sessionId).toEqual(session.sessionId)
  const garbage = random.bytes(4_095)
  const messages: Contents[] = []
  session.receive(concatBytes(garbage, scripted.terminator), messages)
  session.receive(scripted.seal(new Uint8Array(9), { decoy: true, aad: garbage }), messages)
  session.receive(scripted.seal(Uint8Array.of(1, 2, 3)), messages)
  expect(session.phase).toBe('application')
  // Past a change of keys on both sides.
  for (let i = 0; i < 500; i++) {
    session.receive(scripted.seal(Uint8Array.of(18, i & 0xff), { header: 0x7f }), messages)
    session.frame({ command: 'pong', payload: Uint8Array.of(i & 0xff) })
    const { packets } = scripted.receive(concatBytes(...session.outbox.take()))
    expect(packets[0]!.contents[1]).toBe(i & 0xff)
  }
  expect(messages).toHaveLength(500)
})

it('forges, and tells a length that is not true', () => {
  const forger = meet('initiator')
  forger.scripted.receive(forger.bytes)
  forger.session.receive(forger.scripted.terminator, [])
  expect(() => forger.session.receive(forger.scripted.seal(new Uint8Array(3), { forged: true }), [])).toThrow(
    expect.objectContaining({ code: 'authentication-failed' }),
  )
  const liar = meet('initiator')
  liar.scripted.receive(liar.bytes)
  liar.session.receive(liar.scripted.terminator, [])
  expect(() => liar.session.receive(liar.scripted.seal(new Uint8Array(3), { length: 0xffffff }), [])).toThrow(
    expect.objectContaining({ code: 'message-too-large' }),
  )
})
