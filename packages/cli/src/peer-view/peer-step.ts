import type { ConnectionStep } from '../connecting/open-connection.ts'

/**
 * One thing that was seen of a peer, in the order in which it happened. Milliseconds are of this step alone.
 */
export type PeerStep =
  | ConnectionStep
  | {
      readonly step: 'version'
      readonly userAgent: string
      readonly version: number
      /** The lower of both sides' versions. */
      readonly commonVersion: number
      /** 16 hexadecimal digits, as Core has them. */
      readonly services: string
      readonly servicesNames: readonly string[]
      readonly startHeight: number
      /** Whether it wants transactions announced. */
      readonly relay: boolean
      /** Seconds that its clock is ahead of ours. */
      readonly timeOffset: number
      /** Where it sees us. */
      readonly seenAs: string
      readonly milliseconds: number
    }
  | {
      readonly step: 'features'
      readonly wtxidRelay: boolean
      readonly addrv2: boolean
      readonly sendHeaders: boolean
      readonly compactBlocks: boolean
      /** Of BIP434, by their names. */
      readonly features: readonly string[]
      /** Satoshis for 1,000 virtual bytes; below it nothing is to be announced to this peer. */
      readonly feeFilter: string
    }
  | { readonly step: 'ping'; readonly milliseconds: number }
  | {
      readonly step: 'headers'
      /** How many follow the genesis block, up to 2,000; absent where it did not answer. */
      readonly count?: number
      /** Whether the first of them builds on the genesis block of the network, with its work. */
      readonly ourChain?: boolean
      readonly milliseconds: number
    }
  | {
      readonly step: 'addresses'
      /** Absent where none came in time. */
      readonly count?: number
      readonly byNetwork: Readonly<Record<string, number>>
      readonly sample: readonly string[]
      readonly milliseconds: number
    }
  | {
      readonly step: 'end'
      /** The literal code of the reason. */
      readonly code: string
      readonly reason: string
      readonly bytesSent: number
      readonly bytesReceived: number
      readonly messagesSent: number
      readonly messagesReceived: number
      readonly milliseconds: number
    }
  | {
      readonly step: 'failed'
      /** The literal code of the typed error, where it was one. */
      readonly code?: string
      readonly message: string
      readonly milliseconds: number
    }

/** A message on a connection that is watched. */
export interface WatchedMessage {
  readonly direction: 'received' | 'sent'
  readonly command: string
  /** Bytes on the wire, the framing included. */
  readonly bytes: number
  readonly payload: Uint8Array
  /** Milliseconds since 1970. */
  readonly at: number
}
