import { readFile, rename, writeFile } from 'node:fs/promises'
import { connect } from '@nats-io/transport-node'
import { readRecords } from '@sapwood/publish'
import { createJetStreamSink } from '@sapwood/publish/nats'
import { fold, type FoldedChain } from './chain-fold.ts'

// A consumer in a process of its own, to be killed. Its arguments: the port of the NATS server, and the file
// in which it keeps what it has made of the records, and up to which.
const [natsPort, file] = process.argv.slice(2)
const kept = await readFile(file!, 'utf8').catch(() => undefined)
const chain: FoldedChain =
  kept === undefined ? { sequence: 0, headers: [], blocks: [] } : (JSON.parse(kept) as FoldedChain)
const connection = await connect({
  servers: `127.0.0.1:${natsPort!}`,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 50,
  waitOnFirstConnect: true,
})
const source = createJetStreamSink({ connection }, { stream: 'sapwood', prefix: 'sapwood.regtest' })
await source.open()
process.stdout.write('working\n')
const { sequence } = chain
for await (const record of readRecords(source.read({ after: sequence }), { after: sequence })) {
  fold(chain, record)
  await writeFile(`${file!}.new`, JSON.stringify(chain))
  await rename(`${file!}.new`, file!)
  process.stdout.write(`at ${chain.headers.at(-1) ?? ''} ${chain.blocks.at(-1) ?? ''}\n`)
}
