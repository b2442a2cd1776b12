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

  it("is a version with its addresses, and one of Tor's second kind as unknown", () => {
    const payload =
      '80110100090000000000000000f1536500000000010000000000000000000000000000000000ffff' +
      '0a000001208d0000000000000000fd87d87eeb430000000000000000000000000500000000000000' +
      '032f612fffffffff01'
    const expected =
      '6a480880a30410091880c49fd50c22110800120831302e302e302e314801508d412a1c0800421408' +
      '001210fd87d87eeb43000000000000000000004800500030053a032f612f40014801'
    expect(bytesOf('version', hexToBytes(payload))).toEqual(hexToBytes(expected))
  })

  it('is what a compact block leaves out, by its places in the block', () => {
    const hash = '11'.repeat(32)
    // As differences on the wire: the first, and two further on.
    expect(bytesOf('getblocktxn', hexToBytes(`${hash}020002`))).toEqual(
      hexToBytes(`9a0126`.concat(`0a20${hash}`, '1000', '1003')),
    )
  })

  it('is a compact block, with short ids as on the wire', () => {
    const ids = '010203040506'
    const payload = `${'00'.repeat(80)}${'07'.padEnd(16, '0')}01${ids}00`
    const field = Buffer.from(bytesOf('cmpctblock', hexToBytes(payload))).toString('hex')
    expect(field.startsWith('8201')).toBe(true)
    expect(field.endsWith(`10071a06${ids}`)).toBe(true)
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
