import { parsePeerAddress } from '@sapwood/wire-codec'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { startWebSocketRelay } from '../../src/index.ts'

// A relay that leads to the address of its first argument, for as many clients as the second says. It tells
// its URL; and when it is asked, the bytes that it holds and the processor time that it has had.
const [peer, clients] = process.argv.slice(2)
const address = parsePeerAddress(peer!, { defaultPort: 0 })
const maxClients = Number(clients)
const relay = await startWebSocketRelay({
  route: () => address,
  maxClients,
  maxClientsOfHost: maxClients,
})
process.on('message', () => {
  void heldBytes().then((held) => {
    const { user, system } = process.cpuUsage()
    process.send!({ held, cpu: (user + system) / 1_000 })
  })
})
process.once('disconnect', () => process.exit())
process.send!({ url: relay.url })
