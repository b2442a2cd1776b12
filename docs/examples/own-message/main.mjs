// A message that no BIP knows, between two nodes that do: a codec, and a registry with it.
import { createNode, createTcpListener } from '@sapwood/node'
import { baseRegistry, createRegistry, regtest } from '@sapwood/wire-codec'

const greeting = {
  command: 'greeting',
  shortId: 200, // optional: without it, 13 bytes instead of one (BIP324)
  decode: (reader) => ({ type: 'greeting', number: reader.u32() }),
  encode: (message, writer) => writer.u32(message.number),
}
const registry = createRegistry(baseRegistry, greeting)
/** @type {import('@sapwood/node').NodeOptions} */
const options = { network: regtest, registry, dnsSeeds: false, fixedSeeds: false }

const one = await createNode(options, { listeners: [createTcpListener()] })
const two = await createNode(options)
try {
  const heard = one.events.next('own-message')
  const [address] = one.network.listening()
  const { peer } = await two.network.connectPeer(address)
  const hello = { type: 'greeting', number: 7 }
  two.network.peer(peer).send(hello)
  const { message } = await heard
  console.log(message)
  if (!('number' in message) || message.number !== 7) throw new Error('another number')
} finally {
  await two.stop()
  await one.stop()
}
