export { openZmqSocket, type ZmqSocket } from './open-zmq-socket.ts'
export {
  DEFAULT_ZMQ_HIGH_WATER_MARK,
  publishZmq,
  type PublishZmqComponents,
  type PublishZmqOptions,
  type ZmqNode,
  type ZmqNotifier,
  type ZmqPublisher,
} from './publish-zmq.ts'
export { ZMQ_TOPICS, type ZmqTopic } from './zmq-messages.ts'
