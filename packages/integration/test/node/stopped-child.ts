import { regtest } from '@sapwood/wire-codec'
import { createNode } from '@sapwood/node'

// A node in a process of its own, to be stopped and continued: its argument is where its peer is. Whatever
// could end the connection in a stopped process has a deadline that is shorter than the stop.
const [peer] = process.argv.slice(2)
const node = await createNode(
  {
    network: regtest,
    connect: [peer!],
    timeouts: { peer: { pingInterval: 200, pong: 2_000, inactivity: 2_400, request: 2_000 }, call: 60_000 },
    slots: { manual: 1 },
  },
  {},
)
const say = (what: unknown): void => void process.stdout.write(`${JSON.stringify(what)}\n`)
node.events.on('peer-disconnected', ({ reason }) => say({ ended: reason.code }))
node.events.on('connection-failed', ({ error }) => say({ failed: error.message }))
node.events.on('peer-ready', () => say('ready'))
process.on('SIGUSR2', () => {
  void node.network.ping({ timeout: 30_000 }).then(({ size }) => say({ answered: size }))
})
let to = 0
for await (const item of node.blocks.follow({ from: 1 })) {
  if (item.type !== 'block') continue
  to = item.height
  if (to % 50 === 0) say({ height: to })
}
