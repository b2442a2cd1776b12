import type { NodeHandle } from '@sapwood/node'

/** Bytes that have crossed all connections since the node began, those that have ended included. */
export interface Traffic {
  totals(): { readonly received: number; readonly sent: number }
}

/** Counts from now on. */
export function countTraffic(node: NodeHandle): Traffic {
  let endedReceived = 0
  let endedSent = 0
  node.events.on('peer-disconnected', ({ stats }) => {
    endedReceived += stats.bytesReceived
    endedSent += stats.bytesSent
  })
  return {
    totals: () => {
      let received = endedReceived
      let sent = endedSent
      for (const { bytesReceived, bytesSent } of node.peers()) {
        received += bytesReceived
        sent += bytesSent
      }
      return { received, sent }
    },
  }
}
