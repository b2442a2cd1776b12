import { createMemoryStore, createNode, createTcpListener } from '@sapwood/node'
import { createChainIndex, openBlockStore, serveChain } from '@sapwood/storage'
import { regtest } from '@sapwood/wire-codec'

// A node of ours as a program of its own: `listen PORT`, `serve PORT FOLDER` with blocks and filters to give,
// or `dial HOST:PORT`. It ends by a signal.
const [how, where, folder] = process.argv.slice(2)
const alone = { network: regtest, dnsSeeds: false, fixedSeeds: false } as const
const listener = () => createTcpListener({ host: '127.0.0.1', port: Number(where) })
if (how === 'listen') {
  await createNode({ ...alone, connect: [] }, { listeners: [listener()] })
  console.log('ready')
} else if (how === 'serve' && folder !== undefined) {
  const blockStore = await openBlockStore(folder, { network: regtest })
  const node = await createNode({ ...alone, connect: [] }, { listeners: [listener()], blockStore })
  const index = await createChainIndex(node, { store: createMemoryStore() })
  serveChain(node, { blockStore, index })
  console.log('ready')
} else if (how === 'dial' && where !== undefined) {
  await createNode({ ...alone, connect: [where] })
} else {
  throw new TypeError('listen PORT, serve PORT FOLDER, or dial HOST:PORT')
}
