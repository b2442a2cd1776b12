import { concatBytes } from '@sapwood/wire-codec'
import { createTestSession, NOTHING, scriptedPeer } from '../bip324/scripted-peer.ts'
import { receiveAll, type Target } from './target.ts'

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

/**
 * A peer that seals what the input says. Its first three bytes are the header, where to change the ciphertext
 * (0: nowhere) and the chunks' size; the rest is the contents of a packet.
 */
const target: Target = {
  name: 'v2-packets',
  seeds: [
    concatBytes(Uint8Array.of(0, 0, 255), ascii('\u0012ping')),
    concatBytes(Uint8Array.of(0x80, 0, 3), ascii('decoy')),
    concatBytes(Uint8Array.of(0, 9, 40), ascii('\0version\0\0\0\0\0payload')),
  ],
  dictionary: [ascii('\0sendheaders\0')],
  run: (bytes) => {
    const [header = 0, change = 0, size = 0] = bytes
    const session = createTestSession('initiator')
    const peer = scriptedPeer(session)
    session.receive(concatBytes(peer.keys.sendGarbageTerminator, peer.seal(NOTHING)), [])
    const packet = peer.seal(bytes.slice(3), { header })
    const changed = change > 0 && change <= packet.length
    if (changed) packet[change - 1]! ^= 1
    const { messages, code } = receiveAll(session, packet, size + 1)
    if (changed && messages.length > 0) throw new Error('A changed packet was taken for a message')
    if (!changed && code !== undefined) throw new Error(`An authentic packet ended the connection: ${code}`)
    return `${messages[0]?.command.length ?? 'none'} ${code ?? 'open'}`
  },
}
export default target
