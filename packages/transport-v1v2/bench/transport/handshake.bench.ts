import { regtest } from '@sapwood/wire-codec'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { nobleCrypto as noble } from '../../src/crypto/noble-crypto.ts'
import { cryptoBackend } from '../../src/crypto/backend-in-force.ts'
import { systemRandom } from '../../src/environment/default-random.ts'
import { createEphemeralKey, type EphemeralKey } from '../../src/v2/keys/ephemeral-key.ts'
import { plainPair } from './plain-pair.ts'
import { sessionPair } from './sessions.ts'

const MAX_GARBAGE = 4_095
const backend = cryptoBackend()

const milliseconds = { unit: 'ms', better: 'lower', toFigure: (seconds: number) => seconds * 1e3 } as const

export default async function bench(emit: Emit): Promise<void> {
  const ours = { name: 'sapwood', run: () => sessionPair(backend) }
  await compare(
    {
      name: 'handshake-pair',
      ...milliseconds,
      ours,
      references: [
        { name: 'scure and noble, plain', run: () => plainPair(regtest.magic, 0) },
        { name: 'sapwood on noble', run: () => sessionPair(noble) },
      ],
      rounds: 21,
    },
    emit,
  )
  await compare(
    {
      name: 'handshake-pair-garbage',
      ...milliseconds,
      ours: { name: 'sapwood', run: () => sessionPair(backend, { garbageLength: MAX_GARBAGE }) },
      references: [
        { name: 'handshake-pair', run: ours.run },
        { name: 'scure and noble, plain', run: () => plainPair(regtest.magic, MAX_GARBAGE) },
      ],
      rounds: 21,
    },
    emit,
  )
  const prepared: EphemeralKey[] = []
  const prepare = (count: number): void => {
    while (prepared.length < count) prepared.push(createEphemeralKey(backend, systemRandom))
  }
  prepare(20_000)
  await compare(
    {
      name: 'handshake-prepared',
      ...milliseconds,
      ours: {
        name: 'sapwood',
        run: () =>
          sessionPair(backend, { keys: () => prepared.pop() ?? createEphemeralKey(backend, systemRandom) }),
      },
      references: [{ name: 'handshake-pair', run: ours.run }],
    },
    emit,
  )
  if (prepared.length === 0) throw new Error('The prepared keys ran out')
}
