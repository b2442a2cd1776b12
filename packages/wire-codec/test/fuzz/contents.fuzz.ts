import {
  bytesToHex,
  decodeContents,
  DecodeError,
  decodePayload,
  encodeContents,
  hexToBytes,
} from '../../src/index.ts'
import { messageVectors, toPlain } from '../plain.ts'
import { expectSame, type Target } from './message-target.ts'

/** The contents of a BIP324 packet as they come: any id, any command in the long form, any payload. */
const target: Target = {
  name: 'contents',
  seeds: messageVectors
    .filter(({ payload }) => payload.length < 2048)
    .flatMap(({ command, payload }) => {
      const long = Buffer.alloc(13)
      long.write(command, 1, 'latin1')
      return [
        encodeContents({ command, payload: hexToBytes(payload) }),
        hexToBytes(long.toString('hex') + payload),
      ]
    }),
  dictionary: [...new Set(messageVectors.map(({ command }) => command))].map((command) =>
    Uint8Array.from(Buffer.from(`\0${command.padEnd(12, '\0')}`, 'latin1')),
  ),
  run(bytes) {
    try {
      const contents = decodeContents(bytes)
      const again = decodeContents(encodeContents(contents))
      expectSame('command', again.command, contents.command)
      expectSame('payload', bytesToHex(again.payload), bytesToHex(contents.payload))
      const message = decodePayload(contents.command, contents.payload)
      toPlain(message)
      return message.type
    } catch (error) {
      if (error instanceof DecodeError) return `${error.command ?? ''} ${error.code}`
      throw error
    }
  },
}
export default target
