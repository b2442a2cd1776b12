import { InventoryType } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { KeepAlive } from './keep-alive.ts'
import type { PeerOptions } from '../contract/peer-options.ts'
import type { ProtocolOutput } from './protocol-output.ts'

/**
 * A connection for one transaction: announce it, hand it over, and wait for a pong as the sign that it was
 * taken. Only `version`, `verack`, `inv`, `tx` and `ping` ever leave it, and the transaction goes with its
 * witnesses though our `version` offers no services (Core, private broadcast). The pong says that the remote
 * has read that far, not that it took the transaction: btcd reads it without witnesses then, and drops it.
 */
export class PrivateBroadcast {
  readonly #transaction: PeerOptions['privateTransaction']
  readonly #keepAlive: KeepAlive
  readonly #output: ProtocolOutput
  #ping: bigint | undefined

  constructor(transaction: PeerOptions['privateTransaction'], keepAlive: KeepAlive, output: ProtocolOutput) {
    this.#transaction = transaction
    this.#keepAlive = keepAlive
    this.#output = output
  }

  /** The handshake is done. */
  announce(): void {
    if (this.#transaction === undefined) return
    this.#output.send({ type: 'inv', inventory: [{ type: InventoryType.TX, hash: this.#transaction.txid }] })
  }

  /** The remote asks for the transaction; the rules have seen to it that it asks for nothing else. */
  hand(now: Instant): void {
    if (this.#transaction === undefined || this.#ping !== undefined) return
    this.#output.sendPayload('tx', this.#transaction.payload)
    this.#ping = this.#keepAlive.ask(now)
    this.#output.send({ type: 'ping', nonce: this.#ping })
  }

  /** @returns whether the transaction has been taken. */
  taken(pong: bigint): boolean {
    return pong === this.#ping
  }
}
