import { createPeer, type PeerServices } from '@sapwood/peer'
import { accept, type ByteStream, type Dialer, onlyV1 } from '@sapwood/transport-v1v2'
import { expect, it } from 'vitest'
import { createNode } from '../src/index.ts'
import { mineHeaders, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'

const REMOTE = '5.6.7.8:18444'

/** A stream, and when a `getheaders` is written to it. */
function watched(stream: ByteStream, onQuestion: () => void): ByteStream {
  return {
    read: () => stream.read(),
    write: (bytes) => {
      const text = Buffer.concat(bytes instanceof Uint8Array ? [bytes] : bytes).toString('latin1')
      if (text.includes('getheaders')) onQuestion()
      return stream.write(bytes)
    },
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason),
  }
}

it('has the next question written before it checks the headers that came', async () => {
  const headers = mineHeaders(regtest.genesis, 4_100)
  let answers = 0
  const services: PeerServices = { headers: () => headers.slice(2_000 * answers, 2_000 * ++answers) }
  const network = createMemoryNetwork()
  const answer = async (stream: ByteStream): Promise<void> => {
    const transport = await accept(stream, { network: regtest })
    createPeer(transport, { network: regtest, kind: 'inbound' }, { services })
  }
  network.answer(REMOTE, (stream) => void answer(stream))
  /** How high the node's chain was when each of its questions left. */
  const heights: number[] = []
  const inMemory = network.dialerOf('1.2.3.4:18444')
  const dialer: Dialer = {
    dial: async (address, options) =>
      watched(await inMemory.dial(address, options), () => heights.push(node.chain.tip().height)),
  }
  const node = await createNode({ network: regtest, connect: [REMOTE], fallback: onlyV1 }, { dialer })
  await node.chain.waitForHeight(4_100)
  await node.stop()
  expect(heights.slice(0, 3)).toEqual([0, 0, 2_000])
}, 30_000)
