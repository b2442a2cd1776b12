import { connect } from '@nats-io/transport-node'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { createMemoryStore, createNode } from '@sapwood/node'
import { createEmbeddedLog, publish, type PublishSink } from '@sapwood/publish'
import { createJetStreamSink } from '@sapwood/publish/nats'
import { regtest } from '@sapwood/wire-codec'
import { type Emit, figure } from '../../../../tools/bench/measure.ts'
import { createMemoryDialer, createRegtestPeer, RegtestChain, startNatsServer } from '../../src/index.ts'

const BLOCKS = 600
const TRANSACTIONS = 200

/** Seconds of CPU time of this process. */
async function cpuSecondsOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** What publishing costs for each block, beside plain JetStream with the same bytes. */
export default async function bench(emit: Emit): Promise<void> {
  const chain = new RegtestChain({ blocks: BLOCKS, transactions: TRANSACTIONS })
  const bytes = Array.from({ length: BLOCKS }, (_, index) => chain.at(index + 1)!.bytes)
  const total = bytes.reduce((sum, each) => sum + each.length, 0)
  await using peer = createRegtestPeer({ chain })
  await using node = await createNode(
    { network: regtest, connect: ['127.0.0.1:18444'], dnsSeeds: false, fixedSeeds: false },
    { dialer: createMemoryDialer(peer) },
  )
  await node.chain.waitForHeight(BLOCKS)
  const followed = async (): Promise<void> => {
    for await (const item of node.blocks.follow({ from: 1 })) {
      if (item.type === 'block' && item.height === BLOCKS) return
    }
  }
  const published = async (sink: PublishSink): Promise<void> => {
    let done = (): void => undefined
    const isOver = new Promise<void>((resolve) => {
      done = resolve
    })
    const publisher = publish(
      node,
      watched(sink, () => publisher.info().position.blocks?.height, done),
      {
        from: 1,
        kinds: ['headers', 'blocks'],
      },
    )
    await isOver
    await publisher.close()
  }
  await followed()
  const fetching = await cpuSecondsOf(followed)
  const embedded = await cpuSecondsOf(() => published(createEmbeddedLog({ store: createMemoryStore() })))
  await using server = await startNatsServer()
  const connection = await connect({ servers: server.address })
  const js = jetstream(connection)
  await (await jetstreamManager(connection)).streams.add({ name: 'plain', subjects: ['plain'] })
  const plain = await cpuSecondsOf(async () => {
    for (let at = 0; at < BLOCKS; at += 16) {
      await Promise.all(bytes.slice(at, at + 16).map((each) => js.publish('plain', each)))
    }
  })
  const sink = createJetStreamSink({ connection }, { stream: 'sapwood', prefix: 'sapwood' })
  const ours = await cpuSecondsOf(() => published(sink))
  await connection.close()
  const each = (seconds: number): number => (seconds * 1e6) / BLOCKS
  const facts = { unit: 'us CPU a block', better: 'lower' } as const
  emit(figure({ name: 'publish-embedded', ...facts, ours: each(embedded - fetching) }))
  emit(
    figure({
      name: 'publish-jetstream',
      ...facts,
      ours: each(ours - fetching),
      reference: each(plain),
      referenceName: 'plain JetStream',
    }),
  )
  emit(figure({ name: 'block-size', unit: 'bytes', better: 'lower', ours: total / BLOCKS }))
}

/** A sink that looks, after each batch, whether the last block has been published. */
function watched(sink: PublishSink, height: () => number | undefined, done: () => void): PublishSink {
  return {
    open: () => sink.open(),
    at: (sequence) => sink.at(sequence),
    append: async (messages) => {
      await sink.append(messages)
      setImmediate(() => {
        if (height() === BLOCKS) done()
      })
    },
  }
}
