import type { MessageCount, PeerInfo } from '@sapwood/peer'

/** One line of what was said. */
export interface MessageLine {
  readonly from: 'us' | 'peer'
  readonly name: string
  readonly messages: number
  readonly bytes: number
}

/** Tells, by the counts of each connection, what was said since it last looked. */
export class MessageLog {
  readonly #seen = new Map<string, MessageCount>()

  since(peers: readonly PeerInfo[]): readonly MessageLine[] {
    return peers.flatMap((peer) => [
      ...this.#news(peer.id, 'us', peer.sentByMessage),
      ...this.#news(peer.id, 'peer', peer.receivedByMessage),
    ])
  }

  #news(id: number, from: MessageLine['from'], counts: PeerInfo['sentByMessage']): MessageLine[] {
    return Object.entries(counts).flatMap(([name, count]) => {
      const key = `${id} ${from} ${name}`
      const before = this.#seen.get(key) ?? { messages: 0, bytes: 0 }
      if (count.messages === before.messages) return []
      this.#seen.set(key, count)
      return [{ from, name, messages: count.messages - before.messages, bytes: count.bytes - before.bytes }]
    })
  }
}
