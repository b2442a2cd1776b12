import { RegtestBitcoind } from '@sapwood/integration'
import { connect, neverFallback, onlyV1, type Transport } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { encodePayload, InventoryType, regtest } from '@sapwood/wire-codec'
import { type Bench, figure, median } from '../../../../tools/bench/measure.ts'
import { exchangeVersions, sendMessage } from '../../test/transport/version-exchange.ts'
import { type BigChain, mineBigChain } from '../node/big-chain.ts'
import { busiestThread } from './busiest-thread.ts'
import { drainableDialer, type DrainableStream } from './drainable-stream.ts'

/** Bytes of blocks fetched in one turn. */
const BYTES = 300_000_000
const ROUNDS = 3
/** Blocks asked for at a time (Core MAX_BLOCKS_IN_TRANSIT_PER_PEER). */
const IN_FLIGHT = 16

/** What a v2 packet adds to a block: length, header, type and tag (BIP324). */
const PACKET_OVERHEAD = 3 + 1 + 1 + 16

type Ask = (from: number, count: number) => void

/** Asks for the full blocks of the chain. */
function asker(transport: Transport, chain: BigChain): Ask {
  const inventory = fullBlocks(chain).map((hash) => ({ type: InventoryType.WITNESS_BLOCK, hash }))
  return (from, count) => {
    const wanted = inventory.slice(from, from + count)
    if (wanted.length > 0) transport.writer.send(encodePayload({ type: 'getdata', inventory: wanted }))
  }
}

const fullBlocks = (chain: BigChain): readonly Uint8Array[] => chain.hashes.slice(chain.firstFull - 1)

/** Fetches every full block. */
async function download(transport: Transport, chain: BigChain): Promise<void> {
  const count = fullBlocks(chain).length
  const ask = asker(transport, chain)
  ask(0, IN_FLIGHT)
  for (let blocks = 0; blocks < count; ) {
    const batch = await transport.reader.read()
    if (batch === null) throw new Error('bitcoind ended the connection')
    for (const { command, payload } of batch) {
      if (command === 'ping') transport.writer.send({ command: 'pong', payload })
      if (command !== 'block') continue
      ask(blocks + IN_FLIGHT, 1)
      blocks += 1
    }
  }
}

/**
 * Fetches every full block and throws its bytes away as they come, still enciphered: what bitcoind can send.
 */
async function drain(transport: Transport, stream: DrainableStream, chain: BigChain): Promise<void> {
  const count = fullBlocks(chain).length
  const ask = asker(transport, chain)
  const expected = chain.bytes + count * PACKET_OVERHEAD
  await new Promise<void>((resolve, reject) => {
    let bytes = 0
    let asked = IN_FLIGHT
    stream.drainTo((size) => {
      bytes += size
      // No block's end can be seen: one more is asked for whenever as much has come as a block has on
      // average.
      for (; asked - IN_FLIGHT < Math.floor((bytes / expected) * count); asked++) ask(asked, 1)
      if (bytes >= expected) resolve()
    })
    ask(0, IN_FLIGHT)
    transport.reader.read().then(() => {
      reject(new Error('bitcoind ended the connection'))
    }, reject)
  })
}

const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-whitelist=download@127.0.0.1'] })
  const chain = await mineBigChain(bitcoind, BYTES)
  let stream: DrainableStream | undefined
  const dialer = drainableDialer(createTcpDialer(), (dialled) => (stream = dialled))
  const contenders = {
    v1: { fallback: onlyV1, fetch: (transport: Transport) => download(transport, chain) },
    v2: { fallback: neverFallback, fetch: (transport: Transport) => download(transport, chain) },
    drain: { fallback: neverFallback, fetch: (transport: Transport) => drain(transport, stream!, chain) },
  }
  const rates: Record<string, number[]> = {}
  const busy: Record<string, number[]> = {}
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, { fallback, fetch }] of Object.entries(contenders)) {
      const connection = await connect(bitcoind.p2pAddress, { dialer, network: regtest, fallback })
      await exchangeVersions(connection)
      sendMessage(connection, { type: 'sendheaders' })
      const start = process.hrtime.bigint()
      const [, share] = await busiestThread(bitcoind.process.pid, () => fetch(connection))
      const seconds = Number(process.hrtime.bigint() - start) / 1e9
      connection.abort(new Error('end of turn'))
      // The first round warms bitcoind's file cache and our compiler.
      if (round === 0) continue
      ;(rates[name] ??= []).push(chain.bytes / seconds / 1e6)
      ;(busy[name] ??= []).push(share)
    }
  }
  const rate = (name: string): number => median(rates[name]!)
  const common = { unit: 'MB/s', better: 'higher' } as const
  emit(
    figure({
      ...common,
      name: 'download-v2-over-v1',
      ours: rate('v2'),
      reference: rate('v1'),
      referenceName: 'the same over v1',
    }),
  )
  emit(
    figure({
      ...common,
      name: 'download-v2-over-drain',
      ours: rate('v2'),
      reference: rate('drain'),
      referenceName: "the same packets thrown away unread: bitcoind's own limit",
    }),
  )
  for (const name of Object.keys(contenders)) {
    const percent = { name: `download-${name}-bitcoind`, unit: '% of a core', better: 'lower' } as const
    emit(figure({ ...percent, ours: median(busy[name]!), referenceName: "bitcoind's busiest thread" }))
  }
}

export default bench
