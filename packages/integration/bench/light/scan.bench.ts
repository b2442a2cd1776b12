import { createMemoryStore, createNode } from '@sapwood/node'
import { bytesToHex, decodeHeader, hexToBytes, regtest } from '@sapwood/wire-codec'
import { RegtestBitcoind } from '@sapwood/integration'
import { type Bench, type Emit, figure, median } from '../../../../tools/bench/measure.ts'

const FILTERS = Number(process.env['SAPWOOD_BENCH_FILTERS'] ?? 10_000)
const ROUNDS = 3
/** What every block pays to, so that its filter is not empty. */
const SOMEBODY: Uint8Array = Uint8Array.of(0, 20, ...new Uint8Array(20).fill(0xaa))
/** Blocks above the checkpoint of a light start. */
const ABOVE = 10

/** As P2WPKH has them, and no block. */
function scriptsOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const script = new Uint8Array(22)
    script.set([0, 20])
    new DataView(script.buffer).setUint32(2, index)
    return script
  })
}

/** Over loopback and v2, each filter checked against its header, beside bitcoind reading its own index. */
async function measureScan(bitcoind: RegtestBitcoind, emit: Emit): Promise<void> {
  await using node = await createNode(
    { network: regtest, connect: [bitcoind.p2pAddress], filters: true },
    { store: createMemoryStore() },
  )
  await node.chain.waitForHeight(FILTERS)
  await node.filters.headerAt(FILTERS)
  for (const count of [20, 10_000]) {
    const scripts = scriptsOf(count)
    const descriptors = scripts.map((script) => `raw(${bytesToHex(script)})`)
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      let start = performance.now()
      // One in 784,931 matches by chance (BIP158).
      let matches = 0
      for await (const { height } of node.filters.scan({ scripts, from: 1, to: FILTERS }))
        if (height > 0) matches++
      if (matches > FILTERS / 10) throw new Error(`${matches} blocks match, and pay none of the scripts`)
      ours.push(FILTERS / ((performance.now() - start) / 1_000))
      start = performance.now()
      await bitcoind.rpc('scanblocks', 'start', descriptors, 1, FILTERS, 'basic')
      theirs.push(FILTERS / ((performance.now() - start) / 1_000))
    }
    emit(
      figure({
        name: `scan-${count}`,
        unit: 'filters/s',
        better: 'higher',
        ours: median(ours),
        reference: median(theirs),
        referenceName: "bitcoind's scanblocks, on its own disk",
      }),
    )
  }
}

/** What a node that begins ten blocks below the tip adds to a process, its filters matched. */
async function measureMemory(bitcoind: RegtestBitcoind, emit: Emit): Promise<void> {
  const height = FILTERS - ABOVE
  const hash = await bitcoind.rpc<string>('getblockhash', height)
  const header = decodeHeader(hexToBytes(await bitcoind.rpc<string>('getblockheader', hash, false)))
  const { chainwork } = await bitcoind.rpc<{ readonly chainwork: string }>('getblockheader', hash)
  const held = (): number => {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    return (heapUsed + external) / 1e6
  }
  const before = held()
  await using node = await createNode(
    {
      network: regtest,
      connect: [bitcoind.p2pAddress],
      filters: true,
      checkpoint: { height, header, chainWork: BigInt(`0x${chainwork}`) },
    },
    { store: createMemoryStore() },
  )
  await node.chain.waitForHeight(FILTERS)
  for await (const match of node.filters.scan({ scripts: scriptsOf(20), from: height, to: FILTERS }))
    throw new Error(`Nothing is paid to them, and block ${match.height} matches`)
  emit(figure({ name: 'light-start-memory-node', unit: 'MB', better: 'lower', ours: held() - before }))
}

const bench: Bench = async (emit) => {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
  await bitcoind.mineTo(SOMEBODY, FILTERS)
  await measureMemory(bitcoind, emit)
  await measureScan(bitcoind, emit)
}

export default bench
