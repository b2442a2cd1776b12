export { MessageActor } from './channel/message-actor.ts'
export type { ReaderMessage } from './channel/reader-message.ts'
export { type CapturedMessage, encodeCapturedMessage, readCapture } from './capture/capture-format.ts'
export { captureMessages, type CaptureSink } from './capture/capture-messages.ts'
export { type ChannelWeight, createChannel } from './channel/bounded-channel.ts'
export type { Channel } from './contract/channel.ts'
export { DEFAULT_USER_AGENT } from './handshake/version-message.ts'
export { isPeerError, PeerError, type PeerErrorCode, type PeerErrorFacts } from './contract/peer-error.ts'
export type {
  MessageTrace,
  PeerEventSource,
  PeerEvents,
  StallCause,
  Unsubscribe,
} from './contract/peer-events.ts'
// For packages whose own options hold those of a peer.
export { aRegistry, someLimits, somePeerTimeouts } from './contract/peer-checks.ts'
export { cleanText } from './handshake/clean-text.ts'
export { createOwnNonces, type OwnNonces } from './contract/own-nonces.ts'
export { type PeerId, peerId } from './contract/peer-id.ts'
export { type ConnectionKind, type KindBehaviour, kindBehaviour } from './contract/connection-kind.ts'
export type { BucketOptions, BucketsByType, LimitOptions } from './contract/limit-options.ts'
export { TokenBucket } from './limits/token-bucket.ts'
export { behaviourTable } from './protocol/behaviour-table.ts'
export type { MessageMap } from './protocol/message-map.ts'
export type { MessagePurpose, Outcome, Row, Rule, RuleFacts, RuleReason } from './protocol/rule.ts'
export { createPeer } from './connection/create-peer.ts'
export type { ChainProgress, MessageCount, PeerInfo } from './contract/peer-info.ts'
export type { PeerMessage, PeerNotification } from './contract/peer-message.ts'
export type { PeerComponents, PeerOptions, PeerTimeouts, VersionFacts } from './contract/peer-options.ts'
export type { PeerVersion } from './contract/peer-version.ts'
export type { DisconnectRequest, Peer } from './contract/peer.ts'
export type {
  Blame,
  DisconnectCode,
  DisconnectFacts,
  DisconnectReason,
  DisconnectReasonOf,
  DisconnectReport,
  PeerState,
} from './contract/disconnect-reason.ts'
export type {
  CompactFilter,
  CompactFilterCheckpoints,
  CompactFilterHeaders,
  NodeRequest,
  NodeRequestOf,
  ParametersOf,
  PingReply,
  RawBlock,
  ReceivedBlock,
  ReplyHandle,
  ReplyOf,
  RequestMap,
  RequestOptions,
  RequestOutcome,
  RequestType,
  TransactionId,
  TransactionsReply,
} from './contract/request-map.ts'
export type {
  CompactFilterQuery,
  HeadersQuery,
  InvalidRequest,
  PeerServices,
  ServingContext,
} from './contract/peer-services.ts'
