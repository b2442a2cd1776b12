import { connect, createServer, type Server, type Socket } from 'node:net'
import { formatHost, type NetworkAddress, parsePeerAddress, regtest, writeCommand } from '@sapwood/wire-codec'
import { type CancelTimer, type Clock, systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom } from '@sapwood/transport-v1v2/testing'
import { IntegrationError } from '../errors/integration-error.ts'
import { type DirectionOutput, FaultyDirection } from './faulty-direction.ts'
import type { LinkFaults, Strike } from './link-faults.ts'

/** Bytes under way in one direction above which its sender is not read any further. */
const HIGH_WATER_MARK = 1_048_576
/**
 * Milliseconds from the last bytes that get through to the reset behind them. A reset takes with it what the
 * kernel has not handed over yet, and libuv tells of an end where it comes in one breath with bytes.
 */
const RESET_PAUSE = 100
/** magic ‖ "version" ‖ five zeros: what a v1 connection begins with (BIP324, V1_PREFIX_LEN). */
const V1_PREFIX_LENGTH = 16

/** What is wrong with a connection, each way. */
export interface ConnectionFaults {
  /** From who dials the relay to its target. */
  readonly toTarget?: LinkFaults
  readonly toDialler?: LinkFaults
  /** Hangs up on connections that do not begin with v1, as a node that knows no v2 would. */
  readonly v1First?: boolean
}

/** What a relay does to the connections that go through it. */
export interface FaultyRelayOptions {
  /** Of connections that come from now on; `relay.faults` changes it. */
  readonly faults?: ConnectionFaults
  /** Port of 127.0.0.1; a free one by default. */
  readonly port?: number
  /**
   * Makes what is drawn (jitter, which bit) the same each time. Default: drawn at random; `relay.seed` tells
   * it.
   */
  readonly seed?: number | string
  /** 4 bytes, for `messages`. Default: those of regtest. */
  readonly magic?: Uint8Array
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** Stands between any two programs that speak over TCP, and does to their connections what networks do. */
export class FaultyRelay implements AsyncDisposable {
  /** What is wrong with the connections that come from now on. */
  faults: ConnectionFaults
  /** What is wrong with the next connections instead, one after the other. */
  readonly next: ConnectionFaults[] = []
  readonly seed: string
  readonly #server: Server
  readonly #target: { readonly host: string; readonly port: number }
  readonly #magic: Uint8Array
  readonly #clock: Clock
  readonly #links = new Set<Link>()
  #taken = 0

  private constructor(server: Server, target: string | number | NetworkAddress, options: FaultyRelayOptions) {
    this.#server = server
    this.#target = placeOf(target)
    this.faults = options.faults ?? {}
    this.seed = String(options.seed ?? new DataView(systemRandom.bytes(4).buffer).getUint32(0))
    this.#magic = options.magic ?? regtest.magic
    this.#clock = options.clock ?? systemClock
  }

  /**
   * Listens on 127.0.0.1.
   * @param target where connections lead: `host:port`, a port of 127.0.0.1, or an address.
   * @throws IntegrationError `port-in-use`
   */
  static async start(
    target: string | number | NetworkAddress,
    options: FaultyRelayOptions = {},
  ): Promise<FaultyRelay> {
    const server = createServer({ allowHalfOpen: true })
    const relay = new FaultyRelay(server, target, options)
    server.on('connection', (dialler) => relay.#join(dialler))
    const { port = 0 } = options
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const message = `port ${port} of 127.0.0.1 cannot be listened on`
        reject(new IntegrationError('port-in-use', message, { cause }))
      })
      server.listen(port, '127.0.0.1', resolve)
    })
    // Out of descriptors, for instance: one dialler is lost, and not the process.
    server.on('error', () => undefined)
    return relay
  }

  get port(): number {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? 0 : address.port
  }

  get address(): NetworkAddress {
    return { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: this.port }
  }

  /** Where it is reached, as text. */
  get hostAndPort(): string {
    return `127.0.0.1:${this.port}`
  }

  /**
   * Connections that are not over. One through which nothing gets any more is over when a side has ended it:
   * nobody will tell the other.
   */
  get connections(): number {
    let open = 0
    for (const link of this.#links) if (!link.isOver) open += 1
    return open
  }

  /** Connections that have come so far. */
  get taken(): number {
    return this.#taken
  }

  /** Does this to all connections that there are. */
  strike(how: Strike): void {
    for (const link of this.#links) link.strike(how)
  }

  /** Ends all connections, and listens no longer. */
  async stop(): Promise<void> {
    for (const link of this.#links) link.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #join(dialler: Socket): void {
    const target = connect({ ...this.#target, allowHalfOpen: true })
    const random = createSeededRandom(`relay ${this.seed} ${this.#taken++}`)
    const { toTarget, toDialler, v1First } = this.next.shift() ?? this.faults
    const direction = (faults: LinkFaults | undefined) => (output: DirectionOutput) =>
      new FaultyDirection(faults ?? {}, this.#magic, this.#clock, random, output)
    const link = new Link(dialler, target, {
      toTarget: direction(toTarget),
      toDialler: direction(toDialler),
      onOver: () => this.#links.delete(link),
      clock: this.#clock,
      v1Prefix: v1First === true ? v1Prefix(this.#magic) : undefined,
    })
    this.#links.add(link)
  }
}

interface LinkInit {
  readonly toTarget: (output: DirectionOutput) => FaultyDirection
  readonly toDialler: (output: DirectionOutput) => FaultyDirection
  readonly onOver: () => void
  readonly clock: Clock
  readonly v1Prefix: Uint8Array | undefined
}

class Link {
  readonly #dialler: Socket
  readonly #target: Socket
  readonly #toTarget: FaultyDirection
  readonly #toDialler: FaultyDirection
  readonly #init: LinkInit
  #seen = 0
  #isHalfOpen = false
  #isStalled = false
  #isLeft = false
  #isReset = false
  #cancelReset: CancelTimer | undefined

  constructor(dialler: Socket, target: Socket, init: LinkInit) {
    this.#dialler = dialler
    this.#target = target
    this.#init = init
    this.#toTarget = init.toTarget(this.#outputTo(target, dialler))
    this.#toDialler = init.toDialler(this.#outputTo(dialler, target))
    this.#pass(dialler, this.#toTarget, target)
    this.#pass(target, this.#toDialler, dialler)
    target.once('connect', () => {
      this.#toTarget.begin()
      this.#toDialler.begin()
    })
  }

  get isOver(): boolean {
    return (this.#dialler.destroyed && this.#target.destroyed) || (this.#isStalled && this.#isLeft)
  }

  strike(how: Strike): void {
    switch (how) {
      case 'reset':
        this.#resetBoth()
        return
      case 'end':
        this.#dialler.end()
        this.#target.end()
        return
      case 'end-to-dialler':
        this.#toDialler.stall()
        this.#dialler.end()
        return
      case 'end-to-target':
        this.#toTarget.stall()
        this.#target.end()
        return
      case 'stall':
        this.#isStalled = true
        this.#toTarget.stall()
        this.#toDialler.stall()
        return
      case 'half-open':
        this.#isHalfOpen = true
        this.#toTarget.stall()
        this.#toDialler.stall()
        this.#target.end()
    }
  }

  destroy(): void {
    this.#cancelReset?.()
    this.#toTarget.drop()
    this.#toDialler.drop()
    this.#dialler.destroy()
    this.#target.destroy()
  }

  #resetSoon(): void {
    this.#cancelReset ??= this.#init.clock.setTimer(RESET_PAUSE, () => this.#resetBoth())
  }

  #resetBoth(): void {
    this.#toTarget.stall()
    this.#toDialler.stall()
    this.#isReset = true
    reset(this.#dialler)
    reset(this.#target)
  }

  #outputTo(socket: Socket, from: Socket): DirectionOutput {
    let writes = 0
    let isResetDue = false
    return {
      write: (bytes) => {
        if (!socket.writable) return
        writes += 1
        socket.write(bytes, () => {
          writes -= 1
          if (isResetDue && writes === 0) this.#resetSoon()
          this.#relieve(from)
        })
      },
      end: () => socket.end(),
      survives: (how) => how === (socket === this.#target ? 'end-to-dialler' : 'end-to-target'),
      strike: (how) => {
        if (how !== 'reset') this.strike(how)
        // Behind the bytes that it comes after: what is still ours to write goes out first.
        else if (writes > 0) isResetDue = true
        else this.#resetSoon()
      },
    }
  }

  #pass(from: Socket, direction: FaultyDirection, to: Socket): void {
    from.setNoDelay(true)
    from.on('data', (bytes: Uint8Array) => {
      if (from === this.#dialler && !this.#beginsRightly(bytes)) {
        this.strike('reset')
        return
      }
      direction.receive(bytes)
      if (this.#isTooMuch(from)) from.pause()
    })
    from.on('end', () => {
      this.#isLeft = true
      direction.end()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#isLeft = true
      // Behind what is under way, as the end of a stream is.
      if (!this.#isHalfOpen && !this.#isReset) direction.end()
      if (this.#dialler.destroyed && this.#target.destroyed) this.#init.onOver()
    })
  }

  /** Whether more of what a side has sent is under way than is kept. */
  #isTooMuch(from: Socket): boolean {
    const [direction, to] =
      from === this.#dialler ? [this.#toTarget, this.#target] : [this.#toDialler, this.#dialler]
    return direction.held + to.writableLength > HIGH_WATER_MARK
  }

  /** Not by the `drain` of the other side: small portions never fill its buffer. */
  #relieve(from: Socket): void {
    if (from.isPaused() && !this.#isTooMuch(from)) from.resume()
  }

  #beginsRightly(bytes: Uint8Array): boolean {
    const { v1Prefix } = this.#init
    if (v1Prefix === undefined || this.#seen >= V1_PREFIX_LENGTH) return true
    const wanted = v1Prefix.subarray(this.#seen)
    this.#seen += bytes.length
    return wanted.every((byte, index) => index >= bytes.length || bytes[index] === byte)
  }
}

/**
 * A reset and nothing before it: `resetAndDestroy` of Node.js ends its side first, and the remote may see
 * that alone. The flag is what it sets itself; without it the socket is closed all the same.
 */
function reset(socket: Socket): void {
  const { writableEnded, writableFinished } = socket
  // Whose end is on its way to the kernel cannot be reset: Node.js would lose the handle.
  if (!writableEnded || writableFinished) Object.assign(socket, { resetAndClosing: true })
  socket.destroy()
}

function v1Prefix(magic: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(V1_PREFIX_LENGTH)
  prefix.set(magic)
  writeCommand('version', prefix, magic.length)
  return prefix
}

function placeOf(address: string | number | NetworkAddress): {
  readonly host: string
  readonly port: number
} {
  if (typeof address === 'number') return { host: '127.0.0.1', port: address }
  const parsed =
    typeof address === 'string' ? parsePeerAddress(address, { defaultPort: regtest.defaultPort }) : address
  const host = parsed.network === 'name' ? parsed.host : formatHost(parsed)
  return { host: host.replace(/^\[|\]$/g, ''), port: parsed.port }
}
