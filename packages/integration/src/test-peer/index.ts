export type { TestPeerAddress } from './dial-tcp.ts'
export { compactSize, type CompactSizeWidth, cutShort, listPayload, withTrailing } from './malformed.ts'
export { reply } from './reply.ts'
export type { FrameFaults } from './test-framing.ts'
export { type MessageHandler, TestPeer } from './test-peer.ts'
export type { PeerListener } from './peer-listener.ts'
export type {
  DialOptions,
  ExpectOptions,
  HandshakeExtent,
  ListenOptions,
  TestPeerOptions,
  TransportHandshake,
  UnhandledPolicy,
  VersionHandshake,
} from './test-peer-options.ts'
export { isWireAssertionError, WireAssertionError, type WireFailure } from './wire-assertion-error.ts'
export type { ConnectionEnd } from './wire-connection.ts'
export type { WireEntry, WireLog } from './wire-log.ts'
