import { RegtestBitcoind } from '@sapwood/integration'
import { connect, neverFallback, onlyV1, type Transport } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { encodePayload, InventoryType, regtest } from '@sapwood/wire-codec'
import { type Emit, figure, median } from '../../../../tools/bench/measure.ts'
import { exchangeVersions, sendMessage } from '../../test/transport/version-exchange.ts'
import { type BigChain, mineBigChain } from '../node/big-chain.ts'

/** Bytes of blocks fetched in one turn. */
const BYTES = 300_000_000
const ROUNDS = 3
/** Blocks asked for at a time (Core MAX_BLOCKS_IN_TRANSIT_PER_PEER). */
const IN_FLIGHT = 16

/** Fetches every full block. @returns MB/s. */
async function download(transport: Transport, chain: BigChain): Promise<number> {
  const hashes = chain.hashes.slice(chain.firstFull - 1)
  const inventory = hashes.map((hash) => ({ type: InventoryType.WITNESS_BLOCK, hash }))
  const ask = (from: number, count: number): void => {
    const wanted = inventory.slice(from, from + count)
    if (wanted.length > 0) transport.writer.send(encodePayload({ type: 'getdata', inventory: wanted }))
  }
  const start = process.hrtime.bigint()
  ask(0, IN_FLIGHT)
  let bytes = 0
  for (let blocks = 0; blocks < hashes.length; ) {
    const batch = await transport.reader.read()
    if (batch === null) throw new Error('bitcoind ended the connection')
    for (const { command, payload } of batch) {
      if (command === 'ping') transport.writer.send({ command: 'pong', payload })
      if (command !== 'block') continue
      bytes += payload.length
      ask(blocks + IN_FLIGHT, 1)
      blocks += 1
    }
  }
  return bytes / (Number(process.hrtime.bigint() - start) / 1e9) / 1e6
}

export default async function bench(emit: Emit): Promise<void> {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-whitelist=download@127.0.0.1'] })
  const chain = await mineBigChain(bitcoind, BYTES)
  const dialer = createTcpDialer()
  const open = async (fallback: typeof onlyV1): Promise<Transport> => {
    const connection = await connect(bitcoind.p2pAddress, { dialer, network: regtest, fallback })
    await exchangeVersions(connection)
    sendMessage(connection, { type: 'sendheaders' })
    return connection
  }
  const rates = { v1: [] as number[], v2: [] as number[] }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [protocol, fallback] of [
      ['v1', onlyV1],
      ['v2', neverFallback],
    ] as const) {
      const connection = await open(fallback)
      const rate = await download(connection, chain)
      // The first round warms bitcoind's file cache and our compiler.
      if (round > 0) rates[protocol].push(rate)
      connection.abort(new Error('end of turn'))
    }
  }
  emit(
    figure({
      name: 'download-v2-over-v1',
      unit: 'MB/s',
      better: 'higher',
      ours: median(rates.v2),
      reference: median(rates.v1),
      referenceName: 'the same over v1',
    }),
  )
}
