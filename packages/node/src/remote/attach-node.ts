import {
  addAbortListener,
  removeAbortListener,
  type Logger,
  guardedLogger,
  systemClock,
} from '@sapwood/transport-v1v2/environment'
import { NodeError, type NodeEvent, nodeEventNames, type NodeEvents } from '../index.ts'
import { EventHub } from '../events/event-hub.ts'
import { REMOTE_GROUPS, REMOTE_STREAMS, type RemoteNode } from './remote-node.ts'
import {
  type CallId,
  HEARD_AT_ONCE,
  type RemoteAnswer,
  type RemotePort,
  remoteMessage,
  type RemoteRequest,
} from './remote-port.ts'
import { packValue, unpackValue } from './remote-value.ts'

/**
 * A handle on the node that `serveNode` has at the other end of a port.
 * @param port A `Worker`, or a `MessagePort`.
 * @param settings Given to the function that makes the node there.
 * @returns once the node has started there. No event from then on is missed by who listens at once.
 * @throws what making the node there rejects with, as `createNode`; NodeError `stopped` where the worker
 * fails.
 */
export async function attachNode(
  port: RemotePort,
  settings?: unknown,
  components: { readonly logger?: Logger } = {},
): Promise<RemoteNode> {
  const client = new NodeClient(port, guardedLogger(components.logger))
  await client.start(settings)
  return client.handle()
}

interface Pending {
  readonly resolve: (answer: { readonly value: unknown; readonly facts: unknown }) => void
  readonly reject: (error: Error) => void
}

class NodeClient {
  readonly #port: RemotePort
  readonly #events: EventHub<NodeEvents>
  readonly #pending = new Map<CallId, Pending>()
  #started: PromiseWithResolvers | undefined
  #failure: NodeError | undefined
  #lastId = 0
  /** Events heard that the other end has not been told of. */
  #heard = 0

  constructor(port: RemotePort, logger: Logger) {
    this.#port = port
    this.#events = new EventHub<NodeEvents>({ clock: systemClock, logger, names: nodeEventNames })
    port.addEventListener('message', (event) => {
      const answer = unpackValue(remoteMessage(event)) as RemoteAnswer | undefined
      if (answer !== undefined) this.#take(answer)
    })
    for (const type of ['error', 'messageerror'] as const)
      port.addEventListener(type, () =>
        this.#fail(new NodeError('stopped', 'The worker of the node has failed')),
      )
    port.start?.()
  }

  async start(settings: unknown): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject }
    })
    this.#post({ type: 'start', settings })
    await started
  }

  handle(): RemoteNode {
    const own = this.#group('')
    const stop = (): Promise<unknown> => this.#invoke('stop', [])
    const groups = REMOTE_GROUPS.map((name) => [name, this.#group(`${name}.`)] as const)
    const handle = { ...Object.fromEntries(groups), events: this.#events, [Symbol.asyncDispose]: stop }
    // What it does not have itself is called over the port.
    return new Proxy(handle, {
      get: (target, name) => Reflect.get(Reflect.has(target, name) ? target : own, name) as unknown,
    }) as unknown as RemoteNode
  }

  #group(prefix: string): object {
    return new Proxy(
      {},
      {
        get: (_, name) => {
          // Whoever awaits an object looks for `then`.
          if (typeof name !== 'string' || name === 'then') return undefined
          const path = prefix + name
          if (REMOTE_STREAMS.has(path)) return (...args: readonly unknown[]) => this.#open(path, args)
          return (...args: readonly unknown[]) => this.#invoke(path, args)
        },
      },
    )
  }

  async #invoke(path: string, args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#lastId
    return (await this.#ask({ type: 'call', id, path, args }, signalIn(args))).value
  }

  #open(path: string, args: readonly unknown[]): AsyncIterableIterator<unknown> {
    const stream = ++this.#lastId
    this.#post({ type: 'open', id: stream, path, args })
    const signal = signalIn(args)
    const onAbort = (): void => this.#post({ type: 'abort', id: stream, reason: signal?.reason })
    if (signal?.aborted === true) onAbort()
    else if (signal !== undefined) addAbortListener(signal, onAbort)
    let facts: object = {}
    const tell = async (method: string, ...given: readonly unknown[]): Promise<unknown> => {
      const id = ++this.#lastId
      const answer = await this.#ask({ type: 'stream', id, stream, method, args: given })
      facts = (answer.facts as object | undefined) ?? facts
      const isOver =
        method === 'return' || (answer.value as IteratorResult<unknown> | undefined)?.done === true
      if (isOver && signal !== undefined) removeAbortListener(signal, onAbort)
      return answer.value
    }
    const iterator = {
      next: () => tell('next') as Promise<IteratorResult<unknown>>,
      return: async () => {
        await tell('return')
        return { done: true, value: undefined }
      },
      add: (scripts: unknown) => void tell('add', scripts).catch(() => undefined),
      remove: (scripts: unknown) => void tell('remove', scripts).catch(() => undefined),
      [Symbol.asyncIterator]: () => iterator,
    }
    for (const name of ['position', 'scripts', 'dropped'])
      Object.defineProperty(iterator, name, { get: () => Reflect.get(facts, name) as unknown })
    return iterator as AsyncIterableIterator<unknown>
  }

  #ask(
    request: Extract<RemoteRequest, { readonly id: CallId }>,
    signal?: AbortSignal,
  ): Promise<{ readonly value: unknown; readonly facts: unknown }> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure
      signal?.throwIfAborted()
      const { id } = request
      const onAbort = (): void => this.#post({ type: 'abort', id, reason: signal?.reason })
      const settle = (): void => {
        this.#pending.delete(id)
        if (signal !== undefined) removeAbortListener(signal, onAbort)
      }
      this.#post(request)
      if (signal !== undefined) addAbortListener(signal, onAbort)
      this.#pending.set(id, {
        resolve: (answer) => {
          settle()
          resolve(answer)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      })
    })
  }

  #take(answer: RemoteAnswer): void {
    switch (answer.type) {
      case 'started':
        this.#started?.resolve()
        return
      case 'refused':
        this.#started?.reject(answer.error as Error)
        return
      case 'result':
        this.#pending.get(answer.id)?.resolve({ value: answer.value, facts: answer.facts })
        return
      case 'error':
        this.#pending.get(answer.id)?.reject(answer.error as Error)
        return
      case 'event': {
        const { type, ...facts } = answer.event as NodeEvent
        this.#events.emit(type, facts)
        this.#heard += 1
        if (this.#heard < HEARD_AT_ONCE) return
        this.#post({ type: 'heard', count: this.#heard })
        this.#heard = 0
        return
      }
      case 'ended':
        this.#events.close()
        return
    }
  }

  #fail(error: NodeError): void {
    this.#failure = error
    this.#started?.reject(error)
    for (const { reject } of [...this.#pending.values()]) reject(error)
    this.#events.close()
  }

  #post(request: RemoteRequest): void {
    this.#port.postMessage({ sapwood: 'node', ...(packValue(request) as object) })
  }
}

interface PromiseWithResolvers {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The signal in the options of a call, which are its last argument or the one before. */
function signalIn(args: readonly unknown[]): AbortSignal | undefined {
  for (const each of args) {
    if (typeof each !== 'object' || each === null || !('signal' in each)) continue
    if (each.signal instanceof AbortSignal) return each.signal
  }
  return undefined
}
