import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack, Field } from './attack.ts'
import { answer, tell } from './child-side.ts'
import { RawPeer } from './raw-peer.ts'
import { hostileChain } from './shared-chain.ts'

// Hostile peers in a process of their own: what they cost is not the node's. Its arguments are one attack's file and its strength.
interface Orders {
  readonly file: string
  readonly port: number
  readonly peers: number
  readonly strength: number
  readonly height: number
}
const orders = JSON.parse(process.argv[2]!) as Orders
const end = new AbortController()

const field: Field = {
  ...orders,
  chain: hostileChain(),
  signal: end.signal,
  scaled: (count) => Math.max(1, Math.round(count * orders.strength)),
  protocolOf: (index) => (index % 2 === 0 ? 'v1' : 'v2'),
  // 127.0.0.1 is left to the honest.
  place: (index) => ({ port: orders.port, from: `127.0.${1 + (index >> 7)}.${1 + (index & 127)}` }),
  join: async (index, options = {}) => {
    while (!end.signal.aborted) {
      const peer = await RawPeer.join({ ...field.place(index), ...options })
      if (peer !== undefined) return peer
      await field.pause(50)
    }
    return undefined
  },
  pause: (milliseconds) => sleep(milliseconds, undefined, { signal: end.signal }).catch(() => undefined),
  each: async (attack) => {
    await Promise.all(Array.from({ length: orders.peers }, (_, index) => attack(index)))
  },
}

const { attack } = (await import(pathToFileURL(orders.file).href)) as { attack: Attack }
const prepared = attack.prepare(field)
let struck: Promise<void> | undefined
answer({
  strike: async () => {
    const strike = await prepared
    struck = strike()
    return {}
  },
  stop: async () => {
    end.abort()
    await Promise.race([struck, sleep(1_000)])
    setImmediate(() => process.exit(0))
    return { cpu: process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000 }
  },
})
await prepared
tell('armed')
