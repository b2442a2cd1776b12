export { type ByteStreamConformance, type ByteStreamPair, describeByteStream } from './byte-stream.ts'
export { describeDialer, type DialerConformance, type DialerFixture } from './dialer.ts'
export { describeTransport, type TransportConformance, type TransportPair } from './transport.ts'
