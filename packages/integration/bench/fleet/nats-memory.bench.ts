import { jetstreamManager } from '@nats-io/jetstream'
import { connectNats } from '@sapwood/publish/nats'
import { openNatsFrontier } from '@sapwood/publish/frontier'
import { networks, type PeerAddress } from '@sapwood/wire-codec'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { startNatsServer } from '../../src/index.ts'
import { freePort } from '../../src/programs/free-port.ts'

/** A million would take minutes; what is held grows with them. */
const ADDRESSES = 200_000
const PORTION = 10_000

/**
 * What a frontier on NATS holds of each of many addresses that wait for their visit: in the memory of a
 * worker that has heard of all, in that of the server, and on the server's disk.
 */
const bench: Bench = async (emit) => {
  const port = await freePort()
  await using server = await startNatsServer({ configuration: `http: "127.0.0.1:${port}"\n` })
  const residentBytes = async (): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}/varz`)
    return ((await response.json()) as { readonly mem: number }).mem
  }
  await using frontier = await openNatsFrontier({
    network: networks.main,
    servers: server.address,
    worker: 'first',
  })
  const [held, resident] = [await heldBytes(), await residentBytes()]
  for (let from = 0; from < ADDRESSES; from += PORTION) {
    await frontier.add(Array.from({ length: PORTION }, (_, index) => nth(from + index)))
  }
  const { known, open } = await frontier.counts()
  if (known !== ADDRESSES || open !== known) throw new Error(`${known} known, ${open} open`)
  const row = (name: string, bytes: number): void =>
    emit(figure({ name: `NATS frontier: ${name}`, better: 'lower', unit: 'B/address', ours: bytes / known }))
  row('memory of a worker', (await heldBytes()) - held)
  row('memory of the server', (await residentBytes()) - resident)
  const connection = await connectNats(server.address)
  const { storage } = await (await jetstreamManager(connection)).getAccountInfo()
  await connection.close()
  row('disk of the server', storage)
}

function nth(index: number): PeerAddress {
  const bytes = Uint8Array.of(1 + (index >> 16), (index >> 8) & 0xff, index & 0xff, 7)
  return { network: 'ipv4', bytes, port: 8_333 }
}

export default bench
