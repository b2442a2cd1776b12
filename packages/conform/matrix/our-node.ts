import { createNode, createTcpListener } from '@sapwood/node'
import { regtest } from '@sapwood/wire-codec'

// A node of ours as a program of its own: `listen PORT`, or `dial HOST:PORT`. It ends by a signal.
const [how, where] = process.argv.slice(2)
const alone = { network: regtest, dnsSeeds: false, fixedSeeds: false } as const
if (how === 'listen') {
  const listeners = [createTcpListener({ host: '127.0.0.1', port: Number(where) })]
  await createNode({ ...alone, connect: [] }, { listeners })
  console.log('ready')
} else if (how === 'dial' && where !== undefined) {
  await createNode({ ...alone, connect: [where] })
} else {
  throw new TypeError('listen PORT, or dial HOST:PORT')
}
