/**
 * What is settled on `version` and `verack` (BIP339, BIP155).
 * https://github.com/bitcoin/bips/blob/master/bip-0339.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0155.mediawiki
 * @module
 */

import { COMPACT_BLOCKS_VERSION, type Message, type MessageOf, ProtocolVersion } from '@sapwood/wire-codec'
import type { Clock, Instant, Random } from '@sapwood/transport-v1v2/environment'
import { kindBehaviour } from '../contract/connection-kind.ts'
import type { DisconnectReason, PeerState } from '../contract/disconnect-reason.ts'
import type { OwnNonces } from '../contract/own-nonces.ts'
import type { PeerOptions } from '../contract/peer-options.ts'
import { Negotiation } from './negotiation.ts'
import { type OwnVersion, ownVersion, versionMessage } from './version-message.ts'

/** Where the handshake's doings go. */
export interface HandshakeOutput {
  readonly send: (message: Message) => void
  /** The handshake has come this far. */
  readonly enter: (state: PeerState, at: Instant) => void
  readonly askForAddresses: () => void
  readonly end: (reason: DisconnectReason) => void
}

type HandshakeOptions = Pick<
  PeerOptions,
  | 'kind'
  | 'version'
  | 'address'
  | 'proxied'
  | 'features'
  | 'askForAddresses'
  | 'compactBlocks'
  | 'preferHeaders'
  | 'feeFilter'
>

/**
 * The version handshake. Who dialled speaks first:
 *
 *     dialler                                            dialled
 *     awaiting-version ── version ─────────────────────▶ awaiting-version
 *     awaiting-verack ◀── version, settings, verack ──── awaiting-verack
 *     ready           ─── settings, verack ────────────▶ ready
 *
 * The settings between `version` and `verack` are `wtxidrelay` (BIP339), `sendaddrv2` (BIP155) and `feature`
 * (BIP434); what may be said at any time (BIP130, BIP133, BIP152) follows `verack`. Whether a message is
 * heard in a state is the behaviour table's to say.
 */
export class Handshake {
  /** What our `version` says. */
  readonly own: OwnVersion
  readonly negotiation: Negotiation = new Negotiation()
  readonly #options: HandshakeOptions
  readonly #clock: Pick<Clock, 'wallTime'>
  readonly #ownNonces: OwnNonces | undefined
  readonly #nonce: bigint
  readonly #output: HandshakeOutput

  constructor(
    options: HandshakeOptions,
    components: {
      readonly random: Random
      readonly clock: Pick<Clock, 'wallTime'>
      readonly ownNonces: OwnNonces | undefined
    },
    output: HandshakeOutput,
  ) {
    this.own = ownVersion(options.kind, options.version)
    this.#options = options
    this.#clock = components.clock
    this.#ownNonces = components.ownNonces
    this.#nonce = new DataView(components.random.bytes(8).slice().buffer).getBigUint64(0, true)
    this.#output = output
  }

  /** The dialler speaks first. */
  start(at: Instant): void {
    if (this.#direction === 'outbound') this.#sendVersion(at)
  }

  versionReceived(message: MessageOf<'version'>, at: Instant): void {
    const { kind, features, askForAddresses } = this.#options
    const { send, enter, end } = this.#output
    if (this.#direction === 'inbound') this.#sendVersion(at)
    this.negotiation.versionReceived(message, this.own.protocolVersion, this.#clock.wallTime(at))
    enter('awaiting-verack', at)
    if (kind === 'private-broadcast') return send({ type: 'verack' })
    const { commonVersion } = this.negotiation
    if (commonVersion >= ProtocolVersion.WTXID_RELAY) {
      send({ type: 'wtxidrelay' })
      // BIP155 sets no version for it; Core asks for this one, as no known software takes it below.
      send({ type: 'sendaddrv2' })
    }
    if (commonVersion >= ProtocolVersion.FEATURE) {
      for (const [id, data] of features ?? []) send({ type: 'feature', id, data })
    }
    send({ type: 'verack' })
    if (askForAddresses ?? kindBehaviour[kind].asksForAddresses) this.#output.askForAddresses()
    if (kind === 'feeler') {
      this.#complete(at)
      end({ code: 'purpose-met', blame: 'none', purpose: 'feeler' })
    }
  }

  verackReceived(at: Instant): void {
    const { kind, compactBlocks = true, preferHeaders = true, feeFilter } = this.#options
    const { send } = this.#output
    this.#complete(at)
    if (kind === 'private-broadcast') return
    const { commonVersion } = this.negotiation
    if (compactBlocks && commonVersion >= ProtocolVersion.SHORT_IDS_BLOCKS) {
      send({ type: 'sendcmpct', announce: false, version: COMPACT_BLOCKS_VERSION })
    }
    if (preferHeaders && commonVersion >= ProtocolVersion.SEND_HEADERS) send({ type: 'sendheaders' })
    if (feeFilter !== undefined && this.own.relay && commonVersion >= ProtocolVersion.FEE_FILTER) {
      send({ type: 'feefilter', feeRate: feeFilter })
    }
  }

  isOwnNonce(nonce: bigint): boolean {
    return this.#ownNonces?.has(nonce) === true
  }

  /** The connection has ended: its nonce says nothing any more. */
  close(): void {
    this.#ownNonces?.delete(this.#nonce)
  }

  get #direction(): 'inbound' | 'outbound' {
    return kindBehaviour[this.#options.kind].direction
  }

  #sendVersion(at: Instant): void {
    // Core leaves private broadcasts out: a disconnect by nonce would tell the remote who we are elsewhere.
    if (this.#direction === 'outbound' && this.#options.kind !== 'private-broadcast')
      this.#ownNonces?.add(this.#nonce)
    this.#output.send(versionMessage(this.own, this.#options, this.#nonce, this.#clock.wallTime(at)))
  }

  #complete(at: Instant): void {
    this.#ownNonces?.delete(this.#nonce)
    this.#output.enter('ready', at)
  }
}
