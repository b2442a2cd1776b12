import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blockHashes, decodePayload } from '@sapwood/wire-codec'
import { besidePrograms } from '../../../../tools/bench/beside-programs.ts'
import type { Emit } from '../../../../tools/bench/measure.ts'
import { PeerProgram } from '../../../../tools/bench/peer-program.ts'
import { meetsTarget, targetOf } from '../../src/chain/target-cache.ts'

const HEADERS = 2_000
const file = new URL('../../../wire-codec/test/vectors/signet-0-2015.bin', import.meta.url)

/** A message of headers decoded, and the proof of work of each looked at, as the node does it. */
export default async function bench(emit: Emit): Promise<void> {
  using rust = await PeerProgram.start('rust', 'rust-bitcoin')
  const raw = readFileSync(file)
  const payload = new Uint8Array(3 + 81 * HEADERS)
  payload.set([0xfd, HEADERS & 0xff, HEADERS >> 8])
  for (let i = 0; i < HEADERS; i++) payload.set(raw.subarray(80 * i, 80 * (i + 1)), 3 + 81 * i)
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-bench-'))
  try {
    const path = join(folder, 'headers')
    writeFileSync(path, payload)
    await rust?.seconds('load', 1, path)
    await besidePrograms(
      {
        name: 'headers-check',
        unit: 'headers/s',
        better: 'higher',
        toFigure: (seconds) => HEADERS / seconds,
        ours: (count) => {
          for (let done = 0; done < count; done++)
            if (!check(payload)) throw new Error('There is work in each')
        },
        programs: rust === undefined ? [] : [{ program: rust, work: 'headers-check', argument: path }],
      },
      emit,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function check(payload: Uint8Array): boolean {
  const message = decodePayload('headers', payload)
  if (message.type !== 'headers') return false
  const hashes = blockHashes(message.headers)
  return message.headers.every(({ bits }, index) => meetsTarget(hashes[index]!, targetOf(bits)!))
}
