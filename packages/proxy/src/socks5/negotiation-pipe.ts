import { Duplex } from 'node:stream'

/**
 * The stand-in for a socket that `SocksClient` is given: what it writes goes to `send`, and what it reads is
 * only what `deliver` gives it. It never holds more than one answer of a proxy (262 bytes), so back-pressure
 * does not arise.
 */
export class NegotiationPipe extends Duplex {
  readonly #send: (bytes: Uint8Array) => void

  constructor(send: (bytes: Uint8Array) => void) {
    super()
    this.#send = send
  }

  deliver(answer: Uint8Array): void {
    this.push(Buffer.from(answer))
  }

  override _read(): void {
    // `deliver` pushes without being asked.
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#send(chunk)
    done()
  }
}
