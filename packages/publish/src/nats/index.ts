export { connectNats, type ConnectNatsOptions } from './connect-nats.ts'
export { createEventSender, type EventSender } from './event-sender.ts'
export { createJetStreamSink, type JetStreamSinkOptions } from './jetstream-sink.ts'
