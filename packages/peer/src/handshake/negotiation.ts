import type { MessageOf } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2'
import type { PeerVersion } from '../peer/peer-version.ts'

/** BIP434 features noted for one remote, at most: what it sends before `verack` must not fill our memory. */
export const MAX_FEATURES = 100

/** What the two sides have settled so far. */
export class Negotiation {
  #version: MessageOf<'version'> | undefined
  #commonVersion = 0
  #timeOffset = 0
  wtxidRelay = false
  addrv2 = false
  readonly #features = new Map<string, Uint8Array>()

  get commonVersion(): number {
    return this.#commonVersion
  }

  get version(): MessageOf<'version'> | undefined {
    return this.#version
  }

  versionReceived(message: MessageOf<'version'>, ownVersion: number, at: Instant): void {
    // A copy: the address is a view into what may be a much larger chunk, and is kept as long as the connection.
    this.#version = { ...message, receiver: { ...message.receiver, ip: message.receiver.ip.slice() } }
    this.#commonVersion = Math.min(message.version, ownVersion)
    this.#timeOffset = Math.max(message.time, 0) - Math.floor(at / 1_000)
  }

  featureReceived({ id, data }: MessageOf<'feature'>): void {
    if (this.#features.size < MAX_FEATURES) this.#features.set(id, data.slice())
  }

  /** What has been settled; undefined before the remote's `version`. */
  settled(): PeerVersion | undefined {
    const version = this.#version
    return (
      version && {
        version: version.version,
        commonVersion: this.#commonVersion,
        services: version.services,
        userAgent: version.userAgent,
        startHeight: version.startHeight,
        relay: version.relay,
        timeOffset: this.#timeOffset,
        seenAs: version.receiver,
        wtxidRelay: this.wtxidRelay,
        addrv2: this.addrv2,
        features: this.#features,
      }
    )
  }
}
