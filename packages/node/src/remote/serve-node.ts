import { WakeUp } from '@sapwood/transport-v1v2/environment'
import { NodeError, type NodeEvent, type NodeHandle } from '../index.ts'
import { REMOTE_GROUPS, REMOTE_STREAMS } from './remote-node.ts'
import {
  type CallId,
  MAX_UNHEARD_EVENTS,
  type RemoteAnswer,
  type RemotePort,
  remoteMessage,
  type RemoteRequest,
} from './remote-port.ts'
import { packValue, unpackValue } from './remote-value.ts'

/** Events kept for a port that is slower than the node. */
const EVENT_BUFFER = 10_000
/** Of a stream, what may be called. */
const STREAM_METHODS: readonly string[] = ['next', 'return', 'add', 'remove']
/** Of a handle, what may be called beside its groups. */
const OWN_METHODS: readonly string[] = ['info', 'peers', 'getBlock', 'addPeer', 'disconnectPeer', 'stop']

type Method = (...args: unknown[]) => unknown
type Stream = AsyncIterator<unknown> & Readonly<Record<'position' | 'scripts' | 'dropped', unknown>>

/**
 * Gives a node to whoever is at the other end of a port, where `attachNode` makes a handle of it: in a worker
 * `serveNode(self, () => createNode(…))`, and the page's own thread does none of the work.
 * @param port The worker's `self`, or a `MessagePort`.
 * @param make Called once, with the settings that `attachNode` was given; what it rejects with, `attachNode`
 * rejects with.
 */
// Whoever writes both sides says what the settings are; nobody else can.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function serveNode<Settings>(
  port: RemotePort,
  make: (settings: Settings) => NodeHandle | Promise<NodeHandle>,
): void {
  const server = new NodeServer(port)
  let isMade = false
  port.addEventListener('message', (event) => {
    const data = remoteMessage(event) as RemoteRequest | undefined
    if (data === undefined) return
    if (data.type !== 'start') {
      server.handle(data)
      return
    }
    if (isMade) return
    isMade = true
    void server.start(async () => await make(unpackValue(data.settings) as Settings))
  })
  port.start?.()
}

class NodeServer {
  readonly #port: RemotePort
  readonly #calls = new Map<CallId, AbortController>()
  readonly #streams = new Map<CallId, Stream>()
  /** Some more events have been heard at the other end. */
  readonly #heard = new WakeUp()
  #unheard = 0
  #node: NodeHandle | undefined

  constructor(port: RemotePort) {
    this.#port = port
  }

  async start(make: () => Promise<NodeHandle>): Promise<void> {
    try {
      this.#node = await make()
    } catch (error) {
      this.#postError((told) => ({ type: 'refused', error: told }), error)
      return
    }
    const events = this.#node.events.subscribe({ buffer: EVENT_BUFFER })
    this.#post({ type: 'started' })
    for await (const event of events) {
      this.#tell(event)
      while (this.#unheard >= MAX_UNHEARD_EVENTS) await this.#heard.wait()
    }
    this.#post({ type: 'ended' })
  }

  #tell(event: NodeEvent): void {
    this.#unheard += 1
    try {
      this.#post({ type: 'event', event })
    } catch {
      // It holds what no port carries.
      this.#post({ type: 'event', event: { type: 'events-dropped', at: event.at, count: 1 } })
    }
  }

  handle(request: Exclude<RemoteRequest, { readonly type: 'start' }>): void {
    switch (request.type) {
      case 'call':
        void this.#answer(request.id, (signal) =>
          this.#methodOf(request.path)(...(unpackValue(request.args, signal) as unknown[])),
        )
        return
      case 'open':
        this.#open(request.id, request.path, request.args)
        return
      case 'stream':
        void this.#continue(request)
        return
      case 'abort':
        this.#calls.get(request.id)?.abort(unpackValue(request.reason))
        return
      case 'heard':
        this.#unheard -= request.count
        this.#heard.ring()
        return
    }
  }

  /** A stream lives until it has ended, and so does the signal that it was given. */
  #open(id: CallId, path: string, args: unknown): void {
    const abort = new AbortController()
    try {
      if (!REMOTE_STREAMS.has(path)) throw unknown(path)
      const method = this.#methodOf(path)
      this.#streams.set(id, method(...(unpackValue(args, abort.signal) as unknown[])) as Stream)
      this.#calls.set(id, abort)
    } catch (error) {
      const reason =
        error instanceof Error ? error : new Error('The stream could not be opened', { cause: error })
      const failure = (): Promise<never> => Promise.reject(reason)
      this.#streams.set(id, { next: failure, position: undefined, scripts: undefined, dropped: undefined })
    }
  }

  async #continue({
    id,
    stream,
    method,
    args,
  }: Extract<RemoteRequest, { readonly type: 'stream' }>): Promise<void> {
    const open = this.#streams.get(stream)
    await this.#answer(
      id,
      async () => {
        if (open === undefined || !STREAM_METHODS.includes(method)) return { done: true, value: undefined }
        const call = (open as unknown as Readonly<Record<string, Method | undefined>>)[method]
        const result = await call?.apply(open, unpackValue(args) as unknown[])
        if (method === 'return' || (result as IteratorResult<unknown> | undefined)?.done === true)
          this.#end(stream)
        return result
      },
      () => open && { position: open.position, scripts: open.scripts, dropped: open.dropped },
    )
  }

  #end(stream: CallId): void {
    this.#streams.delete(stream)
    this.#calls.delete(stream)
  }

  async #answer(id: CallId, act: (signal: AbortSignal) => unknown, facts?: () => unknown): Promise<void> {
    const abort = new AbortController()
    this.#calls.set(id, abort)
    try {
      const value = await act(abort.signal)
      this.#post({ type: 'result', id, value, ...(facts !== undefined && { facts: facts() }) })
    } catch (error) {
      this.#postError((told) => ({ type: 'error', id, error: told }), error)
    } finally {
      this.#calls.delete(id)
    }
  }

  #methodOf(path: string): Method {
    const node = this.#node
    if (node === undefined) throw new NodeError('stopped', 'The node has not started')
    const [group = '', name] = path.split('.')
    const holder: unknown =
      name === undefined
        ? node
        : (REMOTE_GROUPS as readonly string[]).includes(group)
          ? node[group as 'chain']
          : undefined
    const key = name ?? group
    const method = (holder as Readonly<Record<string, unknown>> | undefined)?.[key]
    const isOpen = name !== undefined || OWN_METHODS.includes(key)
    if (typeof method !== 'function' || !isOpen) throw unknown(path)
    return (...args) => (method as Method).apply(holder, args)
  }

  /** Whatever was thrown: somebody waits for it, and nobody is there to catch what telling it throws. */
  #postError(answer: (told: unknown) => RemoteAnswer, error: unknown): void {
    try {
      this.#post(answer(error))
    } catch {
      const name = error instanceof Error ? error.name : typeof error
      this.#post(answer(new Error(`What was thrown cannot be told over a port (${name})`)))
    }
  }

  #post(answer: RemoteAnswer): void {
    this.#port.postMessage({ sapwood: 'node', ...(packValue(answer) as object) })
  }
}

function unknown(path: string): NodeError {
  return new NodeError('invalid-argument', `A node behind a port has no ${path}`, { received: path })
}
