import { createV1Codec } from '@sapwood/transport-v1v2'
import { concatBytes, regtest } from '@sapwood/wire-codec'

/** A frame of v1 on regtest, as it should be. */
export function frameOf(command: string, payload: Uint8Array): Uint8Array {
  const codec = createV1Codec(regtest.magic)
  codec.frame({ command, payload })
  return concatBytes(...codec.outbox.take())
}
