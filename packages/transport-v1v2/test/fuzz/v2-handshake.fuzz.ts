import { regtest } from '@sapwood/wire-codec'
import { v1Prefix } from '../../src/framing/v1-prefix.ts'
import { createTestSession } from '../bip324/scripted-peer.ts'
import { receiveAll, type Target } from './target.ts'

/**
 * What a stranger sends from the first byte on: never a message, never an open connection, no error but a
 * typed one.
 */
const target: Target = {
  name: 'v2-handshake',
  seeds: [new Uint8Array(64).fill(7), new Uint8Array(4_300).fill(9), v1Prefix(regtest.magic)],
  dictionary: [v1Prefix(regtest.magic), regtest.magic],
  maxLength: 5_000,
  run: (bytes) => {
    const session = createTestSession((bytes[0] ?? 0) % 2 === 0 ? 'initiator' : 'responder')
    session.start()
    const { messages, code } = receiveAll(session, bytes, (bytes[1] ?? 0) * 16 + 1)
    if (messages.length > 0 || session.phase === 'application') throw new Error('A stranger was let in')
    return `${session.phase} ${code ?? 'open'}`
  },
}
export default target
