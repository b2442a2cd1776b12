import { randomBytes } from 'node:crypto'
import { Services } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { gossip, junk, transactions } from '../support/payloads.ts'
import { honest, message, RawPeer, versionPayload } from '../support/raw-peer.ts'
import type { HostileMessage } from '../support/v1-frame.ts'

const MOST = (1n << 64n) - 1n

/** What ordinary software never says first. */
const openings: readonly (readonly HostileMessage[])[] = [
  [message('verack')],
  [message('version', versionPayload()), message('version', versionPayload())],
  [message('version', versionPayload({ services: MOST, time: 2 ** 53 - 1, startHeight: -1, nonce: MOST }))],
  [
    message(
      'version',
      versionPayload({ userAgent: '', time: -(2 ** 53), startHeight: 2 ** 31 - 1, nonce: 0n }),
    ),
  ],
  [message('version', versionPayload({ version: 2 ** 31 - 1, services: Services.NETWORK }))],
  [message('version', versionPayload({ userAgent: '\u0000\u001b[2J\r\n'.repeat(30) }))],
  [message('version', new Uint8Array(85))],
  [message('version', new Uint8Array(3_000_000))],
]
/** What is sent before `verack`, which never comes. */
const between = (): readonly HostileMessage[] => [
  message('wtxidrelay'),
  message('sendaddrv2'),
  message('feature', Buffer.concat([Uint8Array.of(3, 97, 98, 99, 253, 0, 2), randomBytes(512)])),
  message('sendtxrcncl', randomBytes(12)),
  message('sendheaders'),
  honest({ type: 'sendcmpct', announce: true, version: 2n }),
  honest({ type: 'ping', nonce: 1n }),
  ...transactions(5, 1_000),
  gossip('addrv2', 100),
  junk('nonsense', 400_000),
  message('getaddr'),
]

export const attack: Attack = {
  what: 'say what is never said first, and send everything before a verack that never comes',
  peers: ALL_PLACES,
  prepare: (field) =>
    Promise.resolve(() =>
      field.each(async (index) => {
        for (let turn = index; !field.signal.aborted; turn++) {
          const peer = await RawPeer.open({ ...field.place(index), protocol: 'v1' })
          if (peer !== undefined) {
            peer.stopListening()
            const opening = openings[turn % openings.length]!
            await peer.send(...opening)
            for (let go = 0; go < field.scaled(20); go++) if (!(await peer.send(...between()))) break
            await Promise.race([peer.gone, field.pause(1_000)])
            peer.socket.destroy()
          }
          await field.pause(5)
        }
      }),
    ),
}
