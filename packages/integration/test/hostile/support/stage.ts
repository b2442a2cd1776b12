import { type ListeningRegtestPeer, startRegtestPeer } from '../../../src/index.ts'
import type { TargetTraits } from './attack.ts'
import { Child } from './child-process.ts'
import { HonestPinger } from './honest.ts'
import { DOWNLOADED_BLOCKS, honestChain } from './shared-chain.ts'

/** Longest that a newcomer tries to get in, in milliseconds. */
const LONGEST_WAIT = 10_000

/** What the node holds when its garbage is gone. */
export interface Look {
  /** Heap and memory outside of it, in bytes. */
  readonly held: number
  readonly inbound: number
  readonly height: number
  /** Height of the last block that its program was given. */
  readonly followed: number
}

/** A node in a process of its own that follows an honest peer of ours, and is pinged by another. */
export class Stage implements AsyncDisposable {
  readonly node: Child
  readonly port: number
  readonly pinger: HonestPinger
  readonly #server: ListeningRegtestPeer

  private constructor(node: Child, port: number, pinger: HonestPinger, server: ListeningRegtestPeer) {
    this.node = node
    this.port = port
    this.pinger = pinger
    this.#server = server
  }

  static async set(traits: TargetTraits = {}): Promise<Stage> {
    const server = await startRegtestPeer({ chain: honestChain() })
    const node = new Child('target.ts', { honestPort: server.port, ...traits }, { flags: ['--expose-gc'] })
    const { port } = await node.told<{ port: number }>('ready')
    return new Stage(node, port, await HonestPinger.dial(port), server)
  }

  /** Whether the honest peer that the node dialled is still there. */
  get served(): boolean {
    return this.#server.connections().length > 0
  }

  /** Whether one more honest peer gets in, in some seconds. */
  async letsIn(): Promise<boolean> {
    const end = performance.now() + LONGEST_WAIT
    while (performance.now() < end) {
      const newcomer = await HonestPinger.dial(this.port).catch(() => undefined)
      if (newcomer === undefined) continue
      await newcomer[Symbol.asyncDispose]()
      return true
    }
    return false
  }

  /** The node downloads blocks from its honest peer. @returns milliseconds. */
  async download(count: number = DOWNLOADED_BLOCKS): Promise<number> {
    const done = await this.node.ask<{ blocks: number; milliseconds: number }>('download', { to: count })
    if (done.blocks !== count) throw new Error(`${done.blocks} blocks came of ${count}`)
    return done.milliseconds
  }

  /** Has the node dial these. */
  async dial(addresses: readonly string[]): Promise<void> {
    await this.node.ask('dial', { addresses })
  }

  look(): Promise<Look> {
    return this.node.ask<Look>('look')
  }

  /** The worst delay of the node's event loop since the last time this was asked, in milliseconds. */
  async loopDelay(): Promise<number> {
    return (await this.node.ask<{ worst: number }>('delay')).worst
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pinger[Symbol.asyncDispose]()
    await this.node[Symbol.asyncDispose]()
    await this.#server.stop()
  }
}
