import { concatBytes, regtest } from '@sapwood/wire-codec'
import { createV1Codec } from '../../src/v1/v1-codec.ts'
import { expectSame, receiveAll, type Target } from './target.ts'

function framed(command: string, payload: Uint8Array): Uint8Array {
  const codec = createV1Codec(regtest.magic)
  codec.frame({ command, payload })
  return concatBytes(...codec.outbox.take())
}

/** A v1 stream of any bytes: the same messages however it was cut, and no error but a typed one. */
const target: Target = {
  name: 'v1-stream',
  seeds: [
    framed('verack', new Uint8Array(0)),
    concatBytes(
      framed('ping', new Uint8Array(8)),
      framed('inv', new Uint8Array(37)),
      framed('x', new Uint8Array(1)),
    ),
  ],
  dictionary: [regtest.magic],
  run: (bytes) => {
    const whole = receiveAll(createV1Codec(regtest.magic), bytes, bytes.length + 1)
    expectSame(whole, receiveAll(createV1Codec(regtest.magic), bytes, ((bytes[0] ?? 0) % 29) + 1))
    return `${whole.messages.length} ${whole.code ?? 'open'}`
  },
}
export default target
