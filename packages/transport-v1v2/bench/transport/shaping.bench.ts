import { compare, type Emit, figure } from '../../../../tools/bench/measure.ts'
import { runtimeCrypto as node } from '../../src/crypto/crypto.node.ts'
import { randomDecoys } from '../../src/v2/shaping/random-decoys.ts'
import type { Shaping } from '../../src/v2/shaping/shaping.ts'
import { sizeClasses } from '../../src/v2/shaping/size-classes.ts'
import { forward, sessionPair } from './sessions.ts'

const MESSAGES = 500
/** As a relaying node sends them: announcements, transactions, now and then more. */
const SIZES = [37, 73, 250, 37, 400, 37, 1_200, 8, 109, 20_000]

function pipe(shaping?: Shaping): { run(): number; bytes(): number } {
  const [from, to] = sessionPair(node, shaping === undefined ? {} : { shaping })
  const payloads = SIZES.map((size) => new Uint8Array(size))
  const send = (): void => {
    for (let index = 0; index < MESSAGES; index++) {
      from.frame({ command: 'tx', payload: payloads[index % payloads.length]! })
    }
  }
  return {
    run: () => {
      send()
      return forward(from, to).length
    },
    bytes: () => {
      send()
      const length = from.outbox.length
      forward(from, to)
      return length / MESSAGES
    },
  }
}

export default async function bench(emit: Emit): Promise<void> {
  const none = pipe()
  for (const [name, shaping] of Object.entries({
    'shaping-random-decoys': randomDecoys(),
    'shaping-size-classes': sizeClasses(),
  })) {
    const shaped = pipe(shaping)
    await compare(
      {
        name,
        unit: 'msg/s',
        better: 'higher',
        toFigure: (seconds) => MESSAGES / seconds,
        ours: { name, run: shaped.run },
        references: [{ name: 'no shaping', run: none.run }],
      },
      emit,
    )
    emit(
      figure({
        name: `${name}-bytes`,
        unit: 'B/msg',
        better: 'lower',
        ours: shaped.bytes(),
        reference: none.bytes(),
        referenceName: 'no shaping',
      }),
    )
  }
}
