import { networks } from '@sapwood/wire-codec'
import { createNode, type NodeHandle } from '../../src/index.ts'

// A program whose node has nobody to talk to: what it waits for decides how long it lives.
// Its argument says what that is.
const [waitsFor] = process.argv.slice(2)
const nobody = '127.0.0.1:1'
const began = performance.now()
const node = await createNode({
  network: networks.regtest,
  connect: [nobody],
  filters: true,
  timeouts: { call: 1_500 },
})

const waits: Readonly<Record<string, (node: NodeHandle) => Promise<unknown>>> = {
  'events.next': ({ events }) => events.next('peer-ready', { timeout: 1_500 }),
  waitForSync: ({ chain }) => chain.waitForSync(),
  waitForHeight: ({ chain }) => chain.waitForHeight(5),
  getBlock: ({ blocks, chain }) => blocks.getBlock(chain.hashAt(0)!),
  headerAt: ({ filters }) => filters.headerAt(3),
  connectPeer: ({ network }) => network.connectPeer('127.0.0.1:2', { timeout: 1_500 }),
  follow: ({ blocks }) => blocks.follow({ from: 1 }, { signal: AbortSignal.timeout(1_500) }).next(),
  nothing: () => new Promise(() => undefined),
}

const outcome = await waits[waitsFor!]!(node).then(
  () => 'resolved',
  (error: unknown) => (error as { code?: string }).code ?? (error as Error).name,
)
const waited = performance.now() - began
await node.stop()
// Nothing but the end of the process may follow: what still holds it is told by its exit code.
setTimeout(() => process.exit(77), 60_000).unref()
process.stdout.write(JSON.stringify({ outcome, waited }))
