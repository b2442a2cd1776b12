import { hexToBytes } from '@sapwood/wire-codec'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { messageField } from './message-field.ts'

const bytesOf = (command: string, payload: Uint8Array): Uint8Array =>
  messageField(command, payload)(new BinaryWriter()).finish()

describe("a message in peer-observer's events", () => {
  it('is the field that is for it', () => {
    // A length-delimited field 2 with a fixed64 field 1, little-endian.
    expect(bytesOf('ping', hexToBytes('0102030405060708'))).toEqual(hexToBytes('1209090102030405060708'))
    // Flags of messages without content: `verack` is field 32, a varint.
    expect(bytesOf('verack', new Uint8Array(0))).toEqual(hexToBytes('800201'))
    // `feefilter`: zigzag, 1,000 is 2,000.
    expect(bytesOf('feefilter', hexToBytes('e803000000000000'))).toEqual(hexToBytes('520308d00f'))
  })

  it('is an unknown one, with its payload, where it has no field or does not decode', () => {
    const unknown = (command: string, payload: string): string =>
      `fa01${(2 + command.length + 2 + payload.length / 2).toString(16).padStart(2, '0')}0a` +
      command.length.toString(16).padStart(2, '0') +
      Buffer.from(command).toString('hex') +
      `12${(payload.length / 2).toString(16).padStart(2, '0')}${payload}`
    expect(bytesOf('strange', Uint8Array.of(1, 2))).toEqual(hexToBytes(unknown('strange', '0102')))
    expect(bytesOf('inv', Uint8Array.of(255))).toEqual(hexToBytes(unknown('inv', 'ff')))
  })
})
