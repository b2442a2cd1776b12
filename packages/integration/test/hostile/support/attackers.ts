import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Attack, Field } from './attack.ts'
import { answer, tell } from './child-side.ts'
import { RawPeer } from './raw-peer.ts'
import { HONEST_HEIGHT, hostileChain } from './shared-chain.ts'
import { tally } from './tally.ts'

// Hostile peers in a process of their own: what they cost is not the node's.
// They make one attack after the other ready, as told.
export interface Orders {
  /** The attack's file. */
  readonly file: string
  readonly port: number
  readonly peers: number
  readonly strength: number
}

/** An attack that is ready. */
export interface Prepared {
  /** Addresses of hostile peers that the node is to dial. */
  readonly listening: readonly string[]
}

/** What came of an attack. */
export interface Done {
  /** Seconds of this process, its start included. */
  readonly cpu: number
  readonly connections: number
  /** Bytes that hostile peers gave to their sockets. */
  readonly bytes: number
}

const RETRY_PAUSE = 50
/** How far they stand back, as `nice` counts it: all the way, since they have no processor of the node's. */
const HOSTILE_PRIORITY = 19

const chain = hostileChain()
let end = new AbortController()
let strike: (() => Promise<void>) | undefined
let struck: Promise<void> | undefined

/** Hostile peers that the node is to dial. */
const servers: Server[] = []
const listening: string[] = []

function fieldOf({ port, peers, strength }: Orders, signal: AbortSignal): Field {
  const field: Field = {
    port,
    peers,
    chain,
    height: HONEST_HEIGHT,
    signal,
    scaled: (count) => Math.max(1, Math.round(count * strength)),
    protocolOf: (index) => (index % 2 === 0 ? 'v1' : 'v2'),
    // 127.0.0.1 is left to the honest.
    place: (index) => ({ port, from: `127.0.${1 + (index >> 7)}.${1 + (index & 127)}` }),
    join: async (index, options = {}) => {
      while (!signal.aborted) {
        const peer = await RawPeer.join({ ...field.place(index), ...options })
        if (peer !== undefined) return peer
        await field.pause(RETRY_PAUSE)
      }
      return undefined
    },
    listen: async (index, take) => {
      const server = createServer((socket) => {
        void RawPeer.accept(socket).then((peer) => (peer === undefined ? undefined : take(peer)))
      })
      servers.push(server)
      server.listen(0, field.place(index).from)
      await once(server, 'listening')
      const { address, port: ownPort } = server.address() as AddressInfo
      listening.push(`${address}:${ownPort}`)
    },
    pause: (milliseconds) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    each: async (attack) => {
      await Promise.all(Array.from({ length: peers }, (_, index) => attack(index)))
    },
  }
  return field
}

// On a machine of few cores they stand beside the honest peers, whose work is not to wait for theirs.
setPriority(HOSTILE_PRIORITY)

answer({
  prepare: async (orders: Orders) => {
    end = new AbortController()
    Object.assign(tally, { connections: 0, bytes: 0 })
    const { attack } = (await import(pathToFileURL(orders.file).href)) as { attack: Attack }
    strike = await attack.prepare(fieldOf(orders, end.signal))
    const ready: Prepared = { listening: listening.splice(0) }
    return ready
  },
  strike: () => {
    struck = strike?.()
    return Promise.resolve({})
  },
  stop: async () => {
    end.abort()
    for (const server of servers.splice(0)) server.close()
    RawPeer.dropAll()
    await Promise.race([struck, sleep(1_000)])
    RawPeer.dropAll()
    const { user, system } = process.cpuUsage()
    const done: Done = { cpu: (user + system) / 1e6, ...tally }
    return done
  },
})
tell('ready')
