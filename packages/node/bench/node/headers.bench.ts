import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlockHeader, decodeHeader, encodeHeader, regtest } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'
import { type Bench, figure, median } from '../../../../tools/bench/measure.ts'
import { StorableHeaderChain } from '../../src/chain/header-chain.ts'
import { HeaderStore } from '../../src/chain/header-store.ts'
import { openStore } from '../../src/store/open-store.node.ts'
import { mineHeader } from '../../test/support/make-chain.ts'

const HEADERS = 900_000
const BATCH = 2_000
const ROUNDS = 3
/** After the last of the headers. */
const NOW = 2_000_000_000_000 as WallTime

/**
 * Headers as they come out of a decoder, one batch at a time:
 * all at once they would take more memory than the chain.
 */
function* batches(bytes: Uint8Array): Iterable<BlockHeader[]> {
  for (let at = 0; at < bytes.length; at += 80 * BATCH) {
    const message = bytes.slice(at, at + 80 * BATCH)
    yield Array.from({ length: message.length / 80 }, (_, i) =>
      decodeHeader(message.subarray(80 * i, 80 * (i + 1))),
    )
  }
}

function mine(): Uint8Array {
  const bytes = new Uint8Array(80 * HEADERS)
  for (let i = 0, tip: BlockHeader = regtest.genesis; i < HEADERS; i++) {
    tip = mineHeader(tip, { time: tip.time + 500 })
    bytes.set(encodeHeader(tip), 80 * i)
  }
  return bytes
}

/** In a function of its own: nothing of one round is held while the next is measured. */
async function load(folder: string): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const before = await heldBytes()
  const start = performance.now()
  const store = await openStore(folder)
  const chain = new StorableHeaderChain({ network: regtest })
  await new HeaderStore(store).load(chain)
  const seconds = (performance.now() - start) / 1_000
  await store.close()
  const megabytes = ((await heldBytes()) - before) / 1e6
  if (chain.tip().height !== HEADERS) throw new Error(`height ${chain.tip().height}`)
  return { seconds, megabytes }
}

const bench: Bench = async (emit) => {
  const bytes = mine()
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-headers-'))
  try {
    const rates: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const chain = new StorableHeaderChain({ network: regtest })
      let seconds = 0
      for (const batch of batches(bytes)) {
        // Processor time: it is one thread's work, and other programs' share of
        // the machine is not part of it.
        const start = process.cpuUsage()
        chain.accept(batch, NOW)
        const { user, system } = process.cpuUsage(start)
        seconds += (user + system) / 1e6
      }
      if (chain.tip().height !== HEADERS) throw new Error(`height ${chain.tip().height}`)
      rates.push(HEADERS / seconds)
      if (round > 0) continue
      const store = await openStore(folder)
      const headerStore = new HeaderStore(store)
      await headerStore.load(new StorableHeaderChain({ network: regtest }))
      await headerStore.save(chain)
      await store.close()
    }
    emit(
      figure({
        name: 'headers-validated',
        unit: '1/s',
        better: 'higher',
        ours: median(rates),
        reference: 150_000,
        referenceName: 'asked for',
      }),
    )
    const loads: { readonly seconds: number; readonly megabytes: number }[] = []
    for (let round = 0; round < ROUNDS; round++) loads.push(await load(folder))
    emit(
      figure({
        name: 'headers-load-900k',
        unit: 's',
        better: 'lower',
        ours: median(loads.map(({ seconds }) => seconds)),
        reference: 3,
        referenceName: 'asked for',
      }),
    )
    emit(
      figure({
        name: 'headers-memory-900k',
        unit: 'MB',
        better: 'lower',
        ours: median(loads.map(({ megabytes }) => megabytes)),
        reference: 150,
        referenceName: 'asked for',
      }),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export default bench
