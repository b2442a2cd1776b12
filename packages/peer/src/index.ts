export { MessageActor } from './actor/message-actor.ts'
export type { ReaderMessage } from './actor/reader-message.ts'
export { type CapturedMessage, encodeCapturedMessage, readCapture } from './capture/capture-format.ts'
export { captureMessages, type CaptureSink } from './capture/capture-messages.ts'
export { type ChannelWeight, createChannel } from './channel/bounded-channel.ts'
export type { Channel } from './channel/channel.ts'
export { DEFAULT_USER_AGENT } from './handshake/version-message.ts'
export { isPeerError, PeerError, type PeerErrorCode, type PeerErrorFacts } from './errors/peer-error.ts'
export type {
  MessageTrace,
  PeerEventSource,
  PeerEvents,
  StallCause,
  Unsubscribe,
} from './events/peer-events.ts'
export { cleanText } from './handshake/clean-text.ts'
export { createOwnNonces, type OwnNonces } from './handshake/own-nonces.ts'
export { type PeerId, peerId } from './identity/peer-id.ts'
export { type ConnectionKind, type KindBehaviour, kindBehaviour } from './kinds/connection-kind.ts'
export type { BucketOptions, BucketsByType, LimitOptions } from './limits/limit-options.ts'
export { TokenBucket } from './limits/token-bucket.ts'
export { behaviourTable } from './protocol/behaviour-table.ts'
export type { MessageMap } from './protocol/message-map.ts'
export type { MessagePurpose, Outcome, Row, Rule, RuleFacts, RuleReason } from './protocol/rule.ts'
export { createPeer } from './peer/create-peer.ts'
export type { ChainProgress, MessageCount, PeerInfo } from './peer/peer-info.ts'
export type { PeerMessage, PeerNotification } from './peer/peer-message.ts'
export type { PeerComponents, PeerOptions, PeerTimeouts, VersionFacts } from './peer/peer-options.ts'
export type { PeerVersion } from './peer/peer-version.ts'
export type { DisconnectRequest, Peer } from './peer/peer.ts'
export type {
  Blame,
  DisconnectCode,
  DisconnectFacts,
  DisconnectReason,
  DisconnectReasonOf,
  DisconnectReport,
  PeerState,
} from './reasons/disconnect-reason.ts'
export type { RequestOutcome } from './requests/pending-request.ts'
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
  RequestType,
  TransactionId,
  TransactionsReply,
} from './requests/request-map.ts'
export type {
  CompactFilterQuery,
  HeadersQuery,
  InvalidRequest,
  PeerServices,
  ServingContext,
} from './serving/peer-services.ts'
