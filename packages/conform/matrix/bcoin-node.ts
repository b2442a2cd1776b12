import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@sapwood/integration'
import { requireBcoin } from '../../../tools/bench/bcoin/install.ts'
import { activateSegwit } from '../../../tools/bench/bcoin/segwit.ts'

interface BcoinNode {
  on(event: 'error', listener: (error: Error) => void): void
  open(): Promise<void>
  connect(): Promise<void>
  startSync(): void
}

// npm bcoin's full node, in memory, as a program of its own: `listen PORT`, or `dial HOST:PORT`. A signal
// ends it.
const [how, where] = process.argv.slice(2)
activateSegwit()
const FullNode = requireBcoin('lib/node/fullnode') as new (options: object) => BcoinNode
const port = how === 'listen' ? Number(where) : await freePort()
const node = new FullNode({
  network: 'regtest',
  memory: true,
  prefix: await mkdtemp(join(tmpdir(), 'conformance-bcoin-')),
  workers: false,
  logLevel: 'none',
  logFile: false,
  logConsole: false,
  httpPort: await freePort(),
  noAuth: true,
  host: '127.0.0.1',
  publicHost: '127.0.0.1',
  port,
  listen: how === 'listen',
  bip37: true,
  maxInbound: 100,
  ...(how === 'dial' && { only: [where] }),
})
node.on('error', (error) => console.error(error.message))
await node.open()
await node.connect()
node.startSync()
console.log('ready')
