import type { Block } from '@sapwood/wire-codec'
import type { DisconnectReport, PeerId } from '@sapwood/peer'
import type { Instant, Logger } from '@sapwood/transport-v1v2/environment'
import type { TipChange } from '../chain/chain-entry.ts'
import type { ConnectionRecord, ReadyConnection } from '../connections/connection-record.ts'
import type { NodePart, ReceivedMessage } from './node-part.ts'

/** The parts of the node, told of everything in the order in which they were added. */
export class NodeParts implements Required<NodePart> {
  readonly #logger: Logger
  readonly #all: NodePart[] = []
  /** Those that look at messages: the one thing that happens too often to ask everybody. */
  readonly #hearing: Required<Pick<NodePart, 'message'>>[] = []
  readonly #asking: Required<Pick<NodePart, 'asksAhead'>>[] = []

  constructor(components: { readonly logger: Logger }) {
    this.#logger = components.logger
  }

  add(...parts: readonly NodePart[]): void {
    for (const part of parts) {
      this.#all.push(part)
      if (hears(part)) this.#hearing.push(part)
      if (asks(part)) this.#asking.push(part)
    }
  }

  /** @throws whatever a part throws: the loop ends the connection. */
  ready(record: ReadyConnection): void {
    for (const part of this.#all) part.ready?.(record)
  }

  /** @throws whatever a part throws: the loop ends the connection. */
  message(record: ReadyConnection, received: ReceivedMessage, at: Instant): void {
    for (const part of this.#hearing) part.message(record, received, at)
  }

  /** @throws whatever a part throws: the loop ends the connection. */
  asksAhead(record: ReadyConnection, received: ReceivedMessage, at: Instant): boolean {
    return this.#asking.some((part) => part.asksAhead(record, received, at))
  }

  closed(record: ConnectionRecord, report: DisconnectReport | undefined): void {
    this.#tell('closed', (part) => part.closed?.(record, report))
  }

  block(block: Block, height: number): void {
    this.#tell('block', (part) => part.block?.(block, height))
  }

  tipChanged(change: TipChange, from: PeerId | undefined): void {
    this.#tell('tipChanged', (part) => part.tipChanged?.(change, from))
  }

  tick(now: Instant): void {
    this.#tell('tick', (part) => part.tick?.(now))
  }

  stop(): void {
    this.#tell('stop', (part) => part.stop?.())
  }

  get isBusy(): boolean {
    return this.#all.some((part) => part.isBusy === true)
  }

  /**
   * One part's fault keeps nothing from the others: who misses an end or a tick
   * holds on to something for ever.
   */
  #tell(what: keyof NodePart, tell: (part: NodePart) => void): void {
    for (const part of this.#all) {
      try {
        tell(part)
      } catch (error) {
        this.#logger.error({ err: error, part: part.constructor.name, what }, 'a part of the node failed')
      }
    }
  }
}

function hears(part: NodePart): part is NodePart & Required<Pick<NodePart, 'message'>> {
  return part.message !== undefined
}

function asks(part: NodePart): part is NodePart & Required<Pick<NodePart, 'asksAhead'>> {
  return part.asksAhead !== undefined
}
