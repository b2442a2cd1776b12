import { randomBytes } from 'node:crypto'
import type { Emit } from '../../../../tools/bench/measure.ts'
import { besidePrograms } from '../../../../tools/bench/beside-programs.ts'
import { PeerProgram } from '../../../../tools/bench/peer-program.ts'
import { cryptoBackend } from '../../src/crypto/backend-in-force.ts'
import { forward, sessionPair } from '../transport/sessions.ts'

const SIZES = {
  'pipe-32b': 32,
  'pipe-1kb': 1_000,
  'pipe-64kb': 64_000,
  'pipe-100kb': 100_000,
  'pipe-1mb': 1_000_000,
}
/** Bytes that wait to be sent at once, as in a node that answers. */
const BURST = 65_536

/** v2 in one thread, sealed and opened; a handshake of both sides. */
export default async function bench(emit: Emit): Promise<void> {
  using rust = await PeerProgram.start('rust')
  using go = await PeerProgram.start('go')
  const started = [rust, go].filter((program) => program !== undefined)
  const backend = cryptoBackend()
  for (const [name, size] of Object.entries(SIZES)) {
    const payload = new Uint8Array(randomBytes(size))
    const isSmall = size < 1_000
    const [from, to] = sessionPair(backend)
    await besidePrograms(
      {
        name,
        unit: isSmall ? 'packets/s' : 'MB/s',
        better: 'higher',
        toFigure: (seconds) => (isSmall ? 1 / seconds : size / 1e6 / seconds),
        ours: (count) => {
          let received = 0
          for (let sent = 0; sent < count; ) {
            for (; sent < count && from.outbox.length < BURST; sent++) from.frame({ command: 'tx', payload })
            for (const message of forward(from, to)) received += message.payload.length
          }
          if (received !== count * size) throw new Error('bytes were lost')
        },
        programs: started.map((program) => ({ program, work: 'pipe', argument: String(size) })),
      },
      emit,
    )
  }
  await besidePrograms(
    {
      name: 'handshake-pair',
      unit: 'ms',
      better: 'lower',
      toFigure: (seconds) => seconds * 1_000,
      ours: (count) => {
        for (let made = 0; made < count; made++) sessionPair(backend)
      },
      programs: started.map((program) => ({ program, work: 'handshake' })),
    },
    emit,
  )
}
