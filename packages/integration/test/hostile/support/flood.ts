import type { Attack, Field } from './attack.ts'
import type { RawPeer, RawPeerOptions } from './raw-peer.ts'
import type { HostileMessage } from './v1-frame.ts'

/**
 * Bytes that are made ready for one connection, about; they are sent again and again where `again` says so.
 */
const PORTION = 1 << 20
/** Between two connections of one hostile peer, in milliseconds. */
const RECONNECT_PAUSE = 50

export interface FloodOptions extends Pick<Attack, 'what' | 'peers' | 'milliseconds' | 'node' | 'atMost'> {
  /** What one hostile peer sends in a go. */
  messages(field: Field, index: number): readonly HostileMessage[]
  /** How often in a go, at full strength. Default: as often as fits into a mebibyte. */
  readonly times?: number
  /**
   * Whether the go is repeated until the end (v1 only: v2 would have to encrypt meanwhile). Default: true.
   */
  readonly again?: boolean
  /** Whether it reads what comes back. Default: true. */
  readonly reads?: boolean
  /** Default: v1 where it is repeated, else v1 and v2 in turn. */
  readonly protocol?: 'v1' | 'v2'
  readonly joins?: Partial<RawPeerOptions>
  /** Milliseconds between two goes. Default: none. */
  readonly pause?: number
}

/** A connection, and what is sent on it. */
interface Armed {
  readonly peer: RawPeer
  readonly bytes: Uint8Array
}

/**
 * The same messages again and again, as fast as the node takes them,
 * by peers that come back when they are thrown out.
 */
export function flood(options: FloodOptions): Attack {
  const { again = true, reads = true, protocol, joins = {}, pause = 0 } = options
  /** What several peers send alike is made once: to make it takes longer than to send it. */
  const made = new WeakMap<readonly HostileMessage[], Uint8Array>()
  const bytesFor = (field: Field, peer: RawPeer, index: number): Uint8Array => {
    const messages = options.messages(field, index)
    const known = peer.protocol === 'v1' ? made.get(messages) : undefined
    if (known !== undefined) return known
    const size = messages.reduce((sum, { payload }) => sum + 24 + payload.length, 0)
    const times =
      options.times === undefined ? Math.max(1, Math.floor(PORTION / size)) : field.scaled(options.times)
    if (peer.protocol === 'v2') return peer.frames(new Array(times).fill(messages).flat() as HostileMessage[])
    const portion = peer.frames(messages)
    const bytes = times === 1 ? portion : Buffer.concat(new Array<Uint8Array>(times).fill(portion))
    made.set(messages, bytes)
    return bytes
  }
  return {
    what: options.what,
    peers: options.peers,
    ...(options.milliseconds !== undefined && { milliseconds: options.milliseconds }),
    ...(options.node !== undefined && { node: options.node }),
    ...(options.atMost !== undefined && { atMost: options.atMost }),
    prepare: async (field) => {
      const spoken = (index: number): 'v1' | 'v2' => protocol ?? (again ? 'v1' : field.protocolOf(index))
      const join = async (index: number): Promise<RawPeer | undefined> => {
        const peer = await field.join(index, { protocol: spoken(index), ...joins })
        if (reads) peer?.stopListening()
        else peer?.turnDeaf()
        return peer
      }
      const first = new Map<number, Armed>()
      await field.each(async (index) => {
        const peer = await join(index)
        if (peer !== undefined) first.set(index, { peer, bytes: bytesFor(field, peer, index) })
      })
      return () =>
        field.each(async (index) => {
          const go = async ({ peer, bytes }: Armed): Promise<void> => {
            while (await peer.write(bytes)) {
              if (!again) await Promise.race([peer.gone, field.pause(60_000)])
              else if (pause > 0) await field.pause(pause)
              if (field.signal.aborted) break
            }
            peer.socket.destroy()
          }
          let armed = first.get(index)
          for (;;) {
            if (armed !== undefined) await go(armed)
            await field.pause(RECONNECT_PAUSE)
            const peer = await join(index)
            if (peer === undefined) return
            armed = { peer, bytes: (again ? armed?.bytes : undefined) ?? bytesFor(field, peer, index) }
          }
        })
    },
  }
}
