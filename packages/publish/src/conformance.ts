export {
  describePublishSink,
  type PublishSinkConformance,
  type PublishSinkFixture,
} from './sinks/describe-publish-sink.ts'
