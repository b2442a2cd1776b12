import { bytesToHex, hexToBytes, MAX_PAYLOAD_SIZE } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { ScriptedRemote } from '../../test/support/scripted-remote.ts'
import { encodeCapturedMessage, readCapture } from './capture-format.ts'
import { captureMessages } from './capture-messages.ts'

// 2021-01-01T00:00:00.000001Z, `ping` with the nonce 1, as Core writes it.
const PING = '0100c9f5cdb70500' + '70696e670000000000000000' + '08000000' + '0100000000000000'

describe('the capture format of Bitcoin Core', () => {
  it('is written byte for byte', () => {
    const payload = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)
    const time = Number(new DataView(hexToBytes(PING).buffer).getBigUint64(0, true))
    expect(bytesToHex(encodeCapturedMessage({ time, command: 'ping', payload }))).toBe(PING)
    expect(() => encodeCapturedMessage({ time, command: 'thirteenchars', payload })).toThrow(RangeError)
  })

  it('is read back, also with a command of all 12 characters and an empty payload', () => {
    const messages = [
      { time: 1, command: 'ping', payload: Uint8Array.of(1, 2) },
      { time: 2, command: 'twelveletter', payload: new Uint8Array(0) },
    ]
    const file = Uint8Array.from(messages.flatMap((message) => [...encodeCapturedMessage(message)]))
    expect([...readCapture(file)]).toEqual(messages)
    expect([...readCapture(new Uint8Array(0))]).toEqual([])
  })

  it('takes what may be larger than other messages as large as it may be', () => {
    const record = (command: string): Uint8Array =>
      encodeCapturedMessage({ time: 1, command, payload: new Uint8Array(MAX_PAYLOAD_SIZE + 1) })
    expect([...readCapture(record('uproof'))][0]!.payload).toHaveLength(MAX_PAYLOAD_SIZE + 1)
    expect(() => [...readCapture(record('block'))]).toThrow(
      expect.objectContaining({ code: 'malformed-capture', offset: 0 }),
    )
  })

  it('says where a damaged file is damaged', () => {
    const record = encodeCapturedMessage({ time: 1, command: 'ping', payload: Uint8Array.of(1, 2) })
    const file = Uint8Array.from([...record, ...record])
    for (let length = 1; length < file.length; length++) {
      if (length === record.length) continue
      const offset = length < record.length ? 0 : record.length
      expect(() => [...readCapture(file.subarray(0, length))]).toThrow(
        expect.objectContaining({ code: 'malformed-capture', offset }),
      )
    }
    record[23] = 1
    expect(() => [...readCapture(record)]).toThrow(expect.objectContaining({ code: 'malformed-capture' }))
  })
})

describe('captureMessages', () => {
  it('records what crosses in both directions, until it is stopped', async () => {
    const remote = new ScriptedRemote()
    const records: Record<'received' | 'sent', Uint8Array[]> = { received: [], sent: [] }
    const stop = captureMessages(remote.peer.events, {
      received: (record) => records.received.push(record),
      sent: (record) => records.sent.push(record),
    })
    await remote.shakeHands()
    await remote.say({ type: 'ping', nonce: 7n })
    stop()
    await remote.say({ type: 'ping', nonce: 8n })
    const commands = (direction: 'received' | 'sent'): string[] =>
      records[direction].flatMap((record) => [...readCapture(record)].map(({ command }) => command))
    expect(commands('received')).toEqual(['version', 'verack', 'ping'])
    expect(commands('sent')[0]).toBe('version')
    expect(commands('sent').filter((command) => command === 'version')).toHaveLength(1)
    expect(commands('sent').at(-1)).toBe('pong')
    expect([...readCapture(records.received[2]!)][0]).toEqual({
      time: remote.clock.now() * 1_000,
      command: 'ping',
      payload: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0),
    })
  })
})
