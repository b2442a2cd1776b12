import { createV2Session } from '@sapwood/transport-v1v2'
import { regtest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { RawPeer } from '../support/raw-peer.ts'

/** Bytes of a decoy before the version packet, and how many of what ends it are not sent. */
const DECOY = 3_990_000
const LACKING = 64

/** Agrees on keys, and sends all of a decoy but its end. */
async function sendUnfinished(peer: RawPeer): Promise<void> {
  const session = createV2Session({ role: 'initiator', magic: regtest.magic, decoys: [DECOY] })
  session.start()
  const agreed = new Promise<void>((resolve) => {
    peer.socket.on('data', (chunk) => {
      if (session.phase === 'key') session.receive(chunk, [])
      if (session.phase !== 'key') resolve()
    })
  })
  await peer.write(Buffer.concat(session.outbox.take()))
  await Promise.race([agreed, peer.gone])
  await peer.write(Buffer.concat(session.outbox.take()).subarray(0, -LACKING))
}

export const attack: Attack = {
  what: 'agree on keys, and send all of a decoy of 4 MB before the version packet but its end',
  peers: ALL_PLACES,
  prepare: (field) =>
    Promise.resolve(() =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await RawPeer.open(field.place(index))
          if (peer !== undefined) {
            await sendUnfinished(peer)
            await Promise.race([peer.gone, field.pause(60_000)])
            peer.socket.destroy()
          }
          await field.pause(100)
        }
      }),
    ),
}
