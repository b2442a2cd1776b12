import { describeByteStream } from '../../src/conformance/index.ts'
import { streamPair } from '../../src/index.ts'
import { openHandles, tcpPair } from './tcp-fixture.ts'

describeByteStream('in memory', {
  open: () => {
    const [near, far] = streamPair()
    return Promise.resolve({ near, far })
  },
})

describeByteStream('in memory, byte by byte', {
  open: () => {
    const [near, far] = streamPair({ portion: () => 1_021, highWaterMark: 16 })
    return Promise.resolve({ near, far })
  },
})

describeByteStream('TCP', { open: tcpPair, handles: openHandles })
