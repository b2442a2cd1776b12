import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  asBlockHash,
  type Block,
  blockMerkleRoot,
  ByteWriter,
  checkWitnessCommitment,
  decodeBlock,
  decodePayload,
  encodeTransaction,
  openBasicFilter,
  packScripts,
  txids,
} from '@sapwood/wire-codec'
import { besidePrograms } from '../../../../tools/bench/beside-programs.ts'
import type { Emit } from '../../../../tools/bench/measure.ts'
import { PeerProgram } from '../../../../tools/bench/peer-program.ts'
import { encodeGolombSet } from '../../src/filters/golomb-coded-set.ts'
import { sipKey } from '../../src/hash/sip-hash.ts'
import { touch } from '../wire-codec/touch-block.ts'

const VECTORS = join(import.meta.dirname, '../../test/vectors')
const FILES = { 413567: 'core-block413567.raw', 928816: 'block928816.raw' }
const HEADERS = 2_000
/** Scripts in a filter that has about 2,400 bytes. */
const ITEMS = 900
const SCRIPT = 22

/** Work on the same bytes as rust-bitcoin does it. */
export default async function bench(emit: Emit): Promise<void> {
  using rust = await PeerProgram.start('rust', 'rust-bitcoin')
  using c = await PeerProgram.start('c')
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-bench-'))
  try {
    for (const [height, file] of Object.entries(FILES)) {
      const path = join(VECTORS, file)
      await blocks(height, path, rust, emit)
      await limit(height, path, folder, c, emit)
    }
    await headers(folder, rust, emit)
    for (const count of [1, 100, 10_000]) await filters(count, folder, rust, emit)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The program as one to stand beside, which has read the file. */
async function loaded(
  rust: PeerProgram | undefined,
  work: string,
  argument: string,
): Promise<Parameters<typeof besidePrograms>[0]['programs']> {
  await rust?.seconds('load', 1, argument)
  return rust === undefined ? [] : [{ program: rust, work, argument }]
}

const times = (run: () => unknown) => (count: number) => {
  for (let done = 0; done < count; done++) kept.result = run()
}
/** What was computed last is held on to, so that computing it is not left out. */
const kept: { result?: unknown } = {}

async function blocks(
  height: string,
  path: string,
  rust: PeerProgram | undefined,
  emit: Emit,
): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path))
  const works = {
    'block-decode': () => decodeBlock(bytes),
    'block-fields': () => touch(decodeBlock(bytes)),
    'block-txids': () => txids(decodeBlock(bytes).transactions),
    'block-check': () => check(bytes),
  }
  for (const [work, run] of Object.entries(works))
    await besidePrograms(
      {
        name: `${work}-${height}`,
        unit: 'MB/s',
        better: 'higher',
        toFigure: (seconds) => bytes.length / 1e6 / seconds,
        ours: times(run),
        programs: await loaded(rust, work, path),
      },
      emit,
    )
}

/** What is hashed of a block alone, by the processor's own instructions: nobody is faster in one thread. */
async function limit(
  height: string,
  path: string,
  folder: string,
  c: PeerProgram | undefined,
  emit: Emit,
): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path))
  const hashed = join(folder, `hashed-${height}`)
  writeFileSync(hashed, whatIsHashed(decodeBlock(bytes)))
  await besidePrograms(
    {
      name: `block-check-${height}`,
      unit: 'MB/s',
      better: 'higher',
      toFigure: (seconds) => bytes.length / 1e6 / seconds,
      ours: times(() => check(bytes)),
      programs: await loaded(c, 'check', hashed),
    },
    emit,
  )
}

/** As `limit.c` reads it: the transactions without their witnesses, and with them where there are any. */
function whatIsHashed({ transactions }: Block): Uint8Array {
  const hasWitness = transactions.some(({ inputs }) => inputs.some(({ witness }) => witness.length > 0))
  const writer = new ByteWriter().u32(hasWitness ? 2 : 1)
  for (const witness of hasWitness ? [false, true] : [false]) {
    writer.u32(transactions.length)
    for (const transaction of transactions) {
      const part = encodeTransaction(transaction, { witness })
      writer.u32(part.length).bytes(part)
    }
  }
  return writer.finish()
}

function check(bytes: Uint8Array): unknown {
  const block = decodeBlock(bytes)
  const { mutated, root } = blockMerkleRoot(block)
  return [mutated, root, checkWitnessCommitment(block)]
}

async function headers(folder: string, rust: PeerProgram | undefined, emit: Emit): Promise<void> {
  const raw = readFileSync(join(VECTORS, 'signet-0-2015.bin'))
  const payload = new Uint8Array(3 + 81 * HEADERS)
  payload.set([0xfd, HEADERS & 0xff, HEADERS >> 8])
  for (let i = 0; i < HEADERS; i++) payload.set(raw.subarray(80 * i, 80 * (i + 1)), 3 + 81 * i)
  const path = join(folder, 'headers')
  writeFileSync(path, payload)
  await besidePrograms(
    {
      name: 'headers-decode',
      unit: 'headers/s',
      better: 'higher',
      toFigure: (seconds) => HEADERS / seconds,
      ours: times(() => {
        const decoded = decodePayload('headers', payload)
        return decoded.type === 'headers' ? decoded.headers.length : 0
      }),
      programs: await loaded(rust, 'headers-decode', path),
    },
    emit,
  )
}

async function filters(
  count: number,
  folder: string,
  rust: PeerProgram | undefined,
  emit: Emit,
): Promise<void> {
  const hash = asBlockHash(Uint8Array.from({ length: 32 }, (_, i) => 7 * i))
  const items = Array.from({ length: ITEMS }, (_, index) => scriptOf(0x1000_0000 + index))
  const filter = encodeGolombSet(sipKey(hash), items)
  const scripts = Array.from({ length: count }, (_, index) => scriptOf(index))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, filter.length, true)
  const path = join(folder, `filter-${count}`)
  writeFileSync(path, Buffer.concat([hash, length, filter, ...scripts]))
  // As the node asks one filter after the other for the same scripts.
  const packed = packScripts(scripts)
  if (openBasicFilter(filter, hash).matchAny(packed))
    throw new Error('A false match: other scripts are needed')
  await besidePrograms(
    {
      name: `filter-match-${count}`,
      unit: 'filters/s',
      better: 'higher',
      toFigure: (seconds) => 1 / seconds,
      ours: times(() => openBasicFilter(filter, hash).matchAny(packed)),
      programs: await loaded(rust, 'filter-match', path),
    },
    emit,
  )
}

/** As P2WPKH has them. */
function scriptOf(index: number): Uint8Array {
  const script = new Uint8Array(SCRIPT)
  script.set([0, 20])
  new DataView(script.buffer).setUint32(2, index)
  return script
}
