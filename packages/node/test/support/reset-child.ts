import { createNode, createTcpListener } from '../../src/index.ts'
import { regtest } from './make-chain.ts'

// A node in a process of its own that stands still for most of the time, so that what is done to a connection
// is done before the connection is accepted. Says where it listens, and ends with its input.
const node = await createNode(
  { network: regtest, dnsSeeds: false, fixedSeeds: false },
  { listeners: [createTcpListener()] },
)
const still = new Int32Array(new SharedArrayBuffer(4))
const pause = setInterval(() => Atomics.wait(still, 0, 0, 30), 10)
process.stdout.write(`${node.network.listening()[0]!}\n`)
process.stdin.resume()
process.stdin.on('end', () => {
  clearInterval(pause)
  void node.stop().then(() => process.exit(0))
})
