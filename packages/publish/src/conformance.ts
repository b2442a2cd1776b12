export {
  describePublishSink,
  type PublishSinkConformance,
  type PublishSinkFixture,
} from './sinks/describe-publish-sink.ts'
export {
  describeFrontier,
  type FrontierConformance,
  type FrontierFixture,
} from './frontier/describe-frontier.ts'
