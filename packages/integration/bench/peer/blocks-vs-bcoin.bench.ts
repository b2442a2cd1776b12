import { createPeer } from '@sapwood/peer'
import { connect, onlyV1 } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { type BlockHash, blockHash, bytesToHex, networks } from '@sapwood/wire-codec'
import { requireBcoin } from '../../../../tools/bench/bcoin/install.ts'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { startBigChain } from '../../src/bitcoind/big-chain.ts'

const BLOCKS = 48
const network = networks.regtest

interface BcoinPacket {
  readonly cmd: string
  readonly block?: { toBlock(): { readonly txs: readonly unknown[] } }
}

/** What is used of bcoin's peer. */
interface BcoinPeer {
  on(event: 'packet', listener: (packet: BcoinPacket) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  tryOpen(): Promise<void>
  open(): Promise<void>
  getBlock(hashes: readonly string[]): void
  destroy(): void
}
interface BcoinPeerClass {
  new (options: object): BcoinPeer
  fromOptions(options: object): BcoinPeer & { connect(address: object): void }
}

/**
 * Blocks of one bitcoind over v1: our peer and bcoin's, each asking for 16 at a time, both in this process.
 */
export default async function bench(emit: Emit): Promise<void> {
  await using bitcoind = await startBigChain({ blocks: BLOCKS })
  const transport = await connect(bitcoind.p2pAddress, {
    dialer: createTcpDialer(),
    network,
    fallback: onlyV1,
  })
  const peer = createPeer(transport, { network, kind: 'manual', address: bitcoind.p2pAddress })
  const headers = await peer.getHeaders({ locator: [network.genesisHash] })
  const hashes = headers.slice(-BLOCKS).map(blockHash)

  const bcoin = await openBcoin(bitcoind.p2pPort)
  let bytes = 0
  for await (const { payload } of peer.getRawBlocks(hashes)) bytes += payload.length
  const toFigure = (seconds: number): number => bytes / seconds / 1e6
  // bcoin's peer hands on a block as it came, with only its header read: so does ours, asked for raw blocks.
  await compare(
    {
      name: 'blocks-vs-bcoin',
      unit: 'MB/s',
      better: 'higher',
      toFigure,
      ours: {
        name: 'getRawBlocks',
        run: async () => {
          let blocks = 0
          for await (const { hash } of peer.getRawBlocks(hashes)) blocks += hash.length
          return blocks
        },
      },
      references: [{ name: "npm bcoin's Peer", run: () => bcoin.download(hashes, false) }],
      rounds: 11,
    },
    emit,
  )
  await compare(
    {
      name: 'blocks-vs-bcoin-decoded',
      unit: 'MB/s',
      better: 'higher',
      toFigure,
      ours: {
        name: 'getBlocks',
        run: async () => {
          let transactions = 0
          for await (const { block } of peer.getBlocks(hashes)) transactions += block.transactions.length
          return transactions
        },
      },
      references: [{ name: "npm bcoin's Peer and toBlock()", run: () => bcoin.download(hashes, true) }],
      rounds: 7,
    },
    emit,
  )
  bcoin.close()
  await peer.disconnect()
}

async function openBcoin(port: number): Promise<{
  download: (hashes: readonly BlockHash[], decoded: boolean) => Promise<number>
  close: () => void
}> {
  const Peer = requireBcoin('lib/net/peer') as BcoinPeerClass
  const NetAddress = requireBcoin('lib/net/netaddress') as {
    fromHost(host: string, port: number, network: string): object
  }
  const peer = Peer.fromOptions({ network: 'regtest', hasWitness: () => true })
  let received = 0
  let decode = false
  let transactions = 0
  let wake = (): void => undefined
  let failure: Error | undefined
  peer.on('error', (error) => {
    failure = error
    wake()
  })
  peer.on('packet', ({ cmd, block }) => {
    if (cmd !== 'block' || block === undefined) return
    if (decode) transactions += block.toBlock().txs.length
    received += 1
    wake()
  })
  peer.connect(NetAddress.fromHost('127.0.0.1', port, 'regtest'))
  await peer.open()
  return {
    download: async (hashes, decoded) => {
      received = 0
      decode = decoded
      let asked = 0
      while (received < hashes.length) {
        // The same window as ours, filled again when half of it is free.
        if (asked - received <= 8 && asked < hashes.length) {
          const next = hashes.slice(asked, received + 16)
          asked += next.length
          peer.getBlock(next.map((hash) => bytesToHex(hash)))
        }
        const before = received
        await new Promise<void>((resolve) => {
          wake = resolve
          if (received > before || failure !== undefined) resolve()
        })
        if (failure !== undefined) throw failure
      }
      return received + transactions
    },
    close: () => peer.destroy(),
  }
}
