export {
  isPublishError,
  PublishError,
  type PublishErrorCode,
  type PublishErrorFacts,
} from './errors/publish-error.ts'
export { publish, type PublishedNode } from './publishing/publish.ts'
export type {
  PublishComponents,
  PublishEvent,
  Publisher,
  PublishInfo,
  PublishKind,
  PublishMetrics,
  PublishOptions,
} from './publishing/publish-options.ts'
export type { Position } from './records/position.ts'
export {
  type PublishedMessage,
  RECORD_KINDS,
  type RecordContent,
  type RecordKind,
} from './records/published-message.ts'
export { type PublishedRecord, readRecords, type ReadRecordsOptions } from './records/read-records.ts'
export { createEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from './sinks/embedded-log.ts'
export type { PublishSink, PublishSource, SinkState } from './sinks/publish-sink.ts'
