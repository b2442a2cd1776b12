import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@sapwood/integration'
import { requireBcoin } from '../../../../tools/bench/bcoin/install.ts'
import { activateSegwit } from '../../../../tools/bench/bcoin/segwit.ts'

const ZERO_HASH = '0'.repeat(64)
/** Most headers of one answer. */
const MAX_HEADERS = 2_000
/** Blocks asked for and not here yet, as our own node has. */
const IN_FLIGHT = 16

interface BcoinHeader {
  hash(encoding: 'hex'): string
  verify(): boolean
  readonly prevBlock: string
}
interface BcoinBlock {
  verify(): boolean
}
interface BcoinPacket {
  readonly cmd: string
  readonly items?: readonly BcoinHeader[]
  readonly block?: { toBlock(): BcoinBlock }
}
interface BcoinPeer {
  on(event: 'packet', listener: (packet: BcoinPacket) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  connect(address: object): void
  open(): Promise<void>
  sendGetHeaders(locator: readonly string[], stop: string): void
  getBlock(hashes: readonly string[]): void
  destroy(): void
}
interface BcoinFullNode {
  on(event: 'connect', listener: (entry: { readonly height: number }) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  open(): Promise<void>
  connect(): Promise<void>
  startSync(): void
  close(): Promise<void>
}

/**
 * npm bcoin's full node, in memory and in this process, syncs the chain of the peer at a port up to a height.
 * @param from the height that its time is counted from. @returns seconds.
 */
export async function syncByBcoin(port: number, from: number, to: number): Promise<number> {
  activateSegwit()
  const FullNode = requireBcoin('lib/node/fullnode') as new (options: object) => BcoinFullNode
  const prefix = await mkdtemp(join(tmpdir(), 'sapwood-bcoin-'))
  const node = new FullNode({
    network: 'regtest',
    memory: true,
    prefix,
    workers: false,
    listen: false,
    logLevel: 'none',
    logFile: false,
    logConsole: false,
    httpPort: await freePort(),
    noAuth: true,
    only: [`127.0.0.1:${port}`],
  })
  try {
    await node.open()
    return await new Promise<number>((resolve, reject) => {
      let start = performance.now()
      node.on('error', reject)
      node.on('connect', ({ height }) => {
        if (height === from - 1) start = performance.now()
        if (height === to) resolve((performance.now() - start) / 1_000)
      })
      node.connect().then(() => node.startSync(), reject)
    })
  } finally {
    await node.close()
    await rm(prefix, { recursive: true, force: true })
  }
}

/**
 * bcoin's peer fetches blocks, 16 at a time, and has each checked by its `Block.verify`: no scripts, no
 * coins. @returns seconds.
 */
export async function downloadByBcoinPeer(port: number, hashes: readonly string[]): Promise<number> {
  const peer = await openBcoinPeer(port)
  const start = performance.now()
  let asked = 0
  let here = 0
  const ask = (count: number): void => {
    const part = hashes.slice(asked, asked + count)
    asked += part.length
    if (part.length > 0) peer.getBlock(part)
  }
  await new Promise<void>((resolve, reject) => {
    peer.on('error', reject)
    peer.on('packet', ({ cmd, block }) => {
      if (cmd !== 'block' || block === undefined) return
      if (!block.toBlock().verify()) reject(new Error('bcoin finds a block invalid'))
      here += 1
      ask(1)
      if (here === hashes.length) resolve()
    })
    ask(IN_FLIGHT)
  })
  peer.destroy()
  return (performance.now() - start) / 1_000
}

/**
 * bcoin's peer fetches all headers, each looked at as bcoin's pool does: proof of work and parent, nothing
 * else. Its full node fetches headers only up to a checkpoint, of which regtest has none. @returns seconds,
 * from the dial.
 */
export async function headersByBcoin(port: number, genesis: string, count: number): Promise<number> {
  const start = performance.now()
  const peer = await openBcoinPeer(port)
  await new Promise<void>((resolve, reject) => {
    let height = 0
    let tip = genesis
    peer.on('error', reject)
    peer.on('packet', ({ cmd, items }) => {
      if (cmd !== 'headers' || items === undefined) return
      for (const header of items) {
        if (!header.verify() || header.prevBlock !== tip) reject(new Error('bcoin refuses a header'))
        tip = header.hash('hex')
      }
      height += items.length
      if (height >= count) resolve()
      else if (items.length === MAX_HEADERS) peer.sendGetHeaders([tip], ZERO_HASH)
      else reject(new Error(`bcoin was sent ${height} headers`))
    })
    peer.sendGetHeaders([tip], ZERO_HASH)
  })
  peer.destroy()
  return (performance.now() - start) / 1_000
}

async function openBcoinPeer(port: number): Promise<BcoinPeer> {
  const Peer = requireBcoin('lib/net/peer') as { fromOptions(options: object): BcoinPeer }
  const NetAddress = requireBcoin('lib/net/netaddress') as {
    fromHost(host: string, port: number, network: string): object
  }
  const peer = Peer.fromOptions({ network: 'regtest', hasWitness: () => true })
  peer.connect(NetAddress.fromHost('127.0.0.1', port, 'regtest'))
  await peer.open()
  return peer
}
