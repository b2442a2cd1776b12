import type { MessageOf } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { cleanText } from './clean-text.ts'
import type { PeerVersion } from '../contract/peer-version.ts'

/** BIP434 features noted for one remote, at most: what it sends before `verack` must not fill our memory. */
const MAX_FEATURES = 100
/** Bytes of their names and data, at most. */
const MAX_FEATURE_BYTES = 8_192

/** What is kept of the remote's `version`. */
type RemoteVersion = Pick<
  PeerVersion,
  'version' | 'services' | 'userAgent' | 'rawUserAgent' | 'startHeight' | 'relay' | 'seenAs'
>

/** What the two sides have settled so far. */
export class Negotiation {
  #version: RemoteVersion | undefined
  #commonVersion = 0
  #timeOffset = 0
  wtxidRelay = false
  addrv2 = false
  readonly #features = new Map<string, Uint8Array>()
  #featureBytes = 0

  get commonVersion(): number {
    return this.#commonVersion
  }

  versionReceived(message: MessageOf<'version'>, ownVersion: number, at: WallTime): void {
    const { version, services, userAgent, startHeight, relay, receiver } = message
    // By value: an address is a view into what may be a much larger chunk, and is kept as long as the
    // connection.
    const seenAs = { ...receiver, ip: receiver.ip.slice() }
    this.#version = {
      version,
      services,
      userAgent: cleanText(userAgent),
      rawUserAgent: userAgent,
      startHeight,
      relay,
      seenAs,
    }
    this.#commonVersion = Math.min(message.version, ownVersion)
    this.#timeOffset = Math.max(message.time, 0) - Math.floor(at / 1_000)
  }

  featureReceived({ id, data }: MessageOf<'feature'>): void {
    const bytes = id.length + data.length
    if (this.#features.size >= MAX_FEATURES || this.#featureBytes + bytes > MAX_FEATURE_BYTES) return
    this.#featureBytes += bytes
    this.#features.set(id, data.slice())
  }

  /** What has been settled; undefined before the remote's `version`. */
  settled(): PeerVersion | undefined {
    const version = this.#version
    return (
      version && {
        ...version,
        commonVersion: this.#commonVersion,
        timeOffset: this.#timeOffset,
        wtxidRelay: this.wtxidRelay,
        addrv2: this.addrv2,
        features: this.#features,
      }
    )
  }
}
