// All of `./environment` besides: whoever calls `connect` gives it a clock.
export * from './environment/index.ts'
// For packages whose own options hold those of a connection.
export { aConnectTimeouts, aFallback, aPeerAddress, aTransportOptions } from './connect/connect-checks.ts'
export { accept } from './connect/accept.ts'
export type { AcceptOptions } from './connect/accept-options.ts'
export {
  createHandshakeGate,
  DEFAULT_HANDSHAKES_PER_SECOND,
  type HandshakeGate,
  type HandshakeGateOptions,
} from './connect/handshake-gate.ts'
export type { ConnectAttempt, TransportProtocol } from './errors/transport-error.ts'
export type { KeySource, TransportComponents } from './connect/components.ts'
export { connect, type Connection } from './connect/connect.ts'
export type { ConnectOptions, ConnectTimeouts } from './connect/connect-options.ts'
export {
  coreFallback,
  eagerFallback,
  type FallbackContext,
  type FallbackPolicy,
  neverFallback,
  onlyV1,
  SERVICE_P2P_V2,
} from './connect/fallback.ts'
export type { ReadTransport, Transport, TransportStats, WriteTransport } from './transport/transport.ts'
export type { TransportOptions } from './connect/transport-options.ts'
export type { Aead, CryptoBackend, SecretKey } from './crypto/backend.ts'
export { cryptoBackend, loadCrypto } from './crypto/backend-in-force.ts'
export {
  isTransportError,
  TransportError,
  type TransportErrorCode,
  type TransportErrorFacts,
  type TransportPhase,
} from './errors/transport-error.ts'
export type { ByteStream } from './stream/byte-stream.ts'
export type { Dialer, DialOptions } from './stream/dialer.ts'
export { createReceiveQueue, type ReceiveQueue, type ReceiveQueueOptions } from './stream/receive-queue.ts'
export {
  DIAL_STAGGER,
  MAX_ADDRESSES_PER_NAME,
  type RaceComponents,
  raceDials,
  raceToOpen,
} from './stream/race-dials.ts'
export { streamPair, type StreamPairOptions } from './stream/stream-pair.ts'
export type { Shaping, ShapingPlan } from './v2/shaping/shaping.ts'
export { randomDecoys, type RandomDecoysOptions } from './v2/shaping/random-decoys.ts'
export { DEFAULT_SIZE_CLASSES, sizeClasses, type SizeClassesOptions } from './v2/shaping/size-classes.ts'
export type { EphemeralKey } from './v2/keys/ephemeral-key.ts'
export { createKeyPool, type KeyPool, type KeyPoolOptions } from './v2/keys/key-pool.ts'
export {
  createV2Session,
  type V2Phase,
  type V2Session,
  type V2SessionInit,
  type V2SessionOptions,
} from './v2/create-v2-session.ts'
export { createV1Codec, V1_HEADER_LENGTH } from './v1/v1-codec.ts'
export { V2_PACKET_OVERHEAD } from './v2/packet-codec.ts'
export type { CodecCounters, FrameCodec } from './framing/frame-codec.ts'
export type { CommandStats } from './transport/transport.ts'
