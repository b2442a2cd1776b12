import { describeDialer } from '../../src/conformance/index.ts'
import { AsyncQueue, type ByteStream } from '../../src/index.ts'
import { createTcpDialer, listenTcp } from '../../src/tcp/index.ts'
import { loopback, openHandles } from './tcp-fixture.ts'

describeDialer('TCP', {
  open: async () => {
    const streams = new AsyncQueue<ByteStream>()
    const listener = await listenTcp({}, (stream) => streams.push(stream))
    const gone = await listenTcp({}, () => undefined)
    await gone.close()
    return {
      dialer: createTcpDialer(),
      address: loopback(listener.port),
      refusing: loopback(gone.port),
      accepted: async () => (await streams.take(undefined))!,
      close: () => listener.close(),
    }
  },
  handles: openHandles,
})
