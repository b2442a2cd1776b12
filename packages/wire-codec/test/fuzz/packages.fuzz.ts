import {
  baseRegistry,
  createRegistry,
  DecodeError,
  decodePayload,
  encodePayload,
  packageMessages,
} from '../../src/index.ts'
import { toPlain } from '../plain.ts'
import { expectSame, type Target } from './message-target.ts'

const registry = createRegistry(baseRegistry, ...packageMessages)
const commands = packageMessages.map(({ command }) => command)

/** The messages of BIP331, which are in a registry only where a program adds them. */
const target: Target = {
  name: 'packages',
  seeds: commands.map((_, index) => Uint8Array.of(index, 1, ...new Uint8Array(64))),
  run(bytes) {
    const command = commands[(bytes[0] ?? 0) % commands.length]!
    try {
      const message = decodePayload(command, bytes.subarray(1), registry)
      const encoded = encodePayload(message, registry)
      expectSame('message', toPlain(decodePayload(command, encoded.payload, registry)), toPlain(message))
      return `${command} read`
    } catch (error) {
      if (error instanceof DecodeError) return `${command} ${error.code}`
      throw error
    }
  },
}
export default target
