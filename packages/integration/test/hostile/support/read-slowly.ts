import type { Field } from './attack.ts'
import type { RawPeer } from './raw-peer.ts'

/** Reads so many bytes after each pause and no more, until the peer is gone or the attack ends. */
export async function readSlowly(
  peer: RawPeer,
  { pause, signal }: Pick<Field, 'pause' | 'signal'>,
  { every, bytes }: { readonly every: number; readonly bytes: number },
): Promise<void> {
  peer.turnDeaf()
  while (peer.open && !signal.aborted) {
    await pause(every)
    if (bytes > 0) peer.socket.read(bytes)
  }
  peer.socket.destroy()
}
