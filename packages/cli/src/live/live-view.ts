import type { NodeHandle } from '@sapwood/node'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { formatHost } from '@sapwood/wire-codec'
import type { Traffic } from '../rpc/traffic.ts'
import type { Screen } from '../terminal/screen.ts'
import { renderView } from './render-view.ts'
import { type Sort, SORTS, sortedPeers, type ViewState } from './view-state.ts'

/** Milliseconds between two pictures. */
const INTERVAL = 1_000
/** Events that are remembered. */
const MAX_EVENTS = 100
/** Characters of an address that is typed. */
const MAX_TYPED = 100
const UP = '\x1b[A'
const DOWN = '\x1b[B'
const ESCAPE = '\x1b'
const CTRL_C = '\x03'
const BACKSPACES = ['\x7f', '\b']
const ENTERS = ['\r', '\n']

/** What a view shows, and what its keys reach. */
interface LiveParts {
  readonly node: NodeHandle
  readonly traffic: Traffic
  readonly screen: Screen
  readonly clock: Clock
  /** Ends the node. */
  readonly stop: () => void
}

/** The node on a terminal, drawn once a second and after each key. */
export class LiveView {
  readonly #parts: LiveParts
  readonly #events: string[] = []
  #sort: Sort = 'id'
  #selected = 0
  #typing: string | undefined
  #last: { readonly at: number; readonly received: number; readonly sent: number }
  #rates = { received: 0, sent: 0 }
  #cancel: () => void = () => undefined
  #closed = false

  constructor(parts: LiveParts) {
    this.#parts = parts
    const { clock, traffic, screen } = parts
    this.#last = { at: clock.now(), ...traffic.totals() }
    screen.onKey((keys) => this.#onKeys(keys))
    screen.onResize(() => this.#draw())
    this.#tick()
  }

  /** A line at the bottom. */
  tell(text: string): void {
    this.#events.push(text)
    if (this.#events.length > MAX_EVENTS) this.#events.shift()
  }

  close(): void {
    this.#closed = true
    this.#cancel()
    this.#parts.screen.close()
  }

  #tick(): void {
    const { clock, traffic } = this.#parts
    const now = { at: clock.now(), ...traffic.totals() }
    const seconds = (now.at - this.#last.at) / 1_000
    if (seconds > 0) {
      this.#rates = {
        received: (now.received - this.#last.received) / seconds,
        sent: (now.sent - this.#last.sent) / seconds,
      }
      this.#last = now
    }
    this.#draw()
    this.#cancel = clock.setTimer(INTERVAL, () => this.#tick())
  }

  #draw(): void {
    if (this.#closed) return
    this.#parts.screen.draw(renderView(this.#state(), this.#parts.screen.rows))
  }

  #state(): ViewState {
    const { node, clock } = this.#parts
    const peers = node.peers()
    this.#selected = Math.max(0, Math.min(this.#selected, peers.length - 1))
    return {
      info: node.info(),
      peers,
      now: clock.wallTime(),
      ...this.#rates,
      stored: node.blocks.stored().range?.tip.height,
      sort: this.#sort,
      selected: this.#selected,
      events: this.#events,
      ...(this.#typing !== undefined && { typing: this.#typing }),
    }
  }

  #onKeys(keys: string): void {
    if (this.#closed) return
    if (keys === CTRL_C) return this.#parts.stop()
    if (this.#typing === undefined) this.#onCommand(keys)
    else this.#onTyped(keys)
    this.#draw()
  }

  #onCommand(key: string): void {
    const { node, stop } = this.#parts
    const peer = sortedPeers(this.#state())[this.#selected]
    switch (key) {
      case 'q':
        return stop()
      case UP:
        this.#selected--
        return
      case DOWN:
        this.#selected++
        return
      case 's':
        this.#sort = SORTS[(SORTS.indexOf(this.#sort) + 1) % SORTS.length]!
        return
      case 'p':
        return this.#do(
          node.network.active ? 'paused' : 'goes on',
          node.network.setActive(!node.network.active),
        )
      case 'a':
        this.#typing = ''
        return
      case 'd':
        if (peer !== undefined) this.#do(`peer ${peer.id} is let go`, node.disconnectPeer(peer.id))
        return
      case 'b': {
        const { address } = peer ?? {}
        if (address === undefined || address.network === 'name') return this.tell('it has no address to ban')
        const host = formatHost(address)
        this.#do(`${host} is banned for a day`, node.bans.ban(host, { reason: 'by key' }))
      }
    }
  }

  #onTyped(keys: string): void {
    const typed = this.#typing ?? ''
    if (keys === ESCAPE) this.#typing = undefined
    // A key of more than one character, such as an arrow.
    else if (keys.startsWith(ESCAPE)) return
    else if (BACKSPACES.includes(keys)) this.#typing = typed.slice(0, -1)
    else if (ENTERS.includes(keys)) {
      this.#typing = undefined
      if (typed !== '') this.#do(`${typed} is added`, this.#parts.node.addPeer(typed))
    } else this.#typing = (typed + keys.replace(/[^\x21-\x7e]/g, '')).slice(0, MAX_TYPED)
  }

  #do(text: string, done: Promise<unknown>): void {
    done
      .then(() => this.tell(text))
      .catch((error: unknown) => this.tell(error instanceof Error ? error.message : String(error)))
      .finally(() => this.#draw())
  }
}
