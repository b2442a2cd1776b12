import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  asTxid,
  type Block,
  decodeBlock,
  decodeHeader,
  decodePayload,
  decodeTransaction,
  encodeBlock,
  encodeHeader,
  encodePayload,
  encodeTransaction,
  hashToHex,
  type Message,
  regtest,
  toJson,
  toPlain,
  type Transaction,
  txid,
} from '../index.ts'

const hash = Uint8Array.from({ length: 32 }, (_, index) => index)
const text = hashToHex(hash)

const transaction: Transaction = {
  version: 2,
  inputs: [
    {
      previousOutput: { txid: asTxid(hash), index: 1 },
      scriptSig: new Uint8Array(0),
      sequence: 0xffff_fffe,
      witness: [Uint8Array.of(0xab, 0xcd)],
    },
  ],
  outputs: [{ value: 5_000_000_000n, scriptPubKey: Uint8Array.of(0x51) }],
  lockTime: 7,
}
const json = {
  version: 2,
  inputs: [
    { previousOutput: { txid: text, index: 1 }, scriptSig: '', sequence: 0xffff_fffe, witness: ['abcd'] },
  ],
  outputs: [{ value: '5000000000', scriptPubKey: '51' }],
  lockTime: 7,
}
const block: Block = { header: regtest.genesis, transactions: [transaction] }

function received(message: Message): Message {
  const { command, payload } = encodePayload(message)
  return decodePayload(command, payload)
}

describe('what is decoded', () => {
  it('is JSON with hashes as text, amounts as decimal strings and bytes in hex', () => {
    const decoded = decodeTransaction(encodeTransaction(transaction))
    expect(JSON.parse(JSON.stringify(decoded))).toEqual(json)
    expect(JSON.parse(JSON.stringify(received({ type: 'tx', transaction })))).toEqual({
      type: 'tx',
      transaction: json,
    })
    const whole = JSON.parse(JSON.stringify(decodeBlock(encodeBlock(block)))) as { header: object }
    expect(whole).toMatchObject({ header: { previousBlockHash: '00'.repeat(32) }, transactions: [json] })
    expect(JSON.parse(JSON.stringify(decodeHeader(encodeHeader(regtest.genesis))))).toEqual(whole.header)
  })

  it.each<[Message, unknown]>([
    [
      { type: 'ping', nonce: 7n },
      { type: 'ping', nonce: '7' },
    ],
    [{ type: 'verack' }, { type: 'verack' }],
    [
      { type: 'inv', inventory: [{ type: 1, hash }] },
      { type: 'inv', inventory: [{ type: 1, hash: text }] },
    ],
    [
      {
        type: 'addrv2',
        addresses: [
          {
            time: 5,
            services: 9n,
            address: { network: 'ipv4', bytes: Uint8Array.of(203, 0, 113, 7), port: 8333 },
          },
        ],
      },
      { type: 'addrv2', addresses: [{ time: 5, services: '9', address: '203.0.113.7:8333' }] },
    ],
    [
      { type: 'unknown', command: 'greeting', payload: Uint8Array.of(1, 2) },
      { type: 'unknown', command: 'greeting', payload: '0102' },
    ],
  ])('%o', (message, expected) => {
    expect(JSON.parse(JSON.stringify(received(message)))).toEqual(expected)
    // Built by hand it is a plain object, and has the same form where that is asked for.
    expect(toJson(message)).toEqual(expected)
  })

  it('has no field that it had not, and equals what was encoded', () => {
    const message = received({ type: 'ping', nonce: 7n })
    expect(Object.keys(message)).toEqual(['type', 'nonce'])
    expect(message).toEqual({ type: 'ping', nonce: 7n })
  })

  it('is shown on a console, of long lists and bytes the beginning', () => {
    expect(inspect(received({ type: 'inv', inventory: [{ type: 1, hash }] }), { depth: 5 })).toContain(text)
    expect(inspect(received({ type: 'ping', nonce: 7n }))).toBe("{ type: 'ping', nonce: 7n }")
    const many = received({
      type: 'inv',
      inventory: Array.from({ length: 50_000 }, () => ({ type: 1, hash })),
    })
    const shown = inspect(many, { depth: 5, maxArrayLength: 200 })
    expect(shown).toContain('… 49900 more')
    expect(shown.length).toBeLessThan(20_000)
    const long = { ...transaction, outputs: [{ value: 1n, scriptPubKey: new Uint8Array(10_000) }] }
    expect(inspect(decodeTransaction(encodeTransaction(long)), { depth: 5 })).toContain('… (10000 bytes)')
  })
})

describe('toPlain', () => {
  it('makes what can be cloned, spread and used like what was decoded', () => {
    const plain = toPlain(decodeBlock(encodeBlock(block)))
    expect(plain).toEqual({ header: regtest.genesis, transactions: [transaction] })
    const clone = structuredClone(plain)
    expect(txid({ ...clone.transactions[0]! })).toEqual(txid(transaction))
    expect(encodeBlock(clone)).toEqual(encodeBlock(block))
    expect(structuredClone(toPlain(received({ type: 'inv', inventory: [{ type: 1, hash }] })))).toEqual({
      type: 'inv',
      inventory: [{ type: 1, hash }],
    })
  })

  it('keeps nothing of the message alive that the value was in', () => {
    const { scriptPubKey } = toPlain(decodeTransaction(encodeTransaction(transaction))).outputs[0]!
    expect(scriptPubKey.buffer.byteLength).toBe(1)
  })

  it('is what the error names to whoever cloned without it', () => {
    const clone = structuredClone(decodeTransaction(encodeTransaction(transaction)))
    expect(() => txid(clone)).toThrow('clone toPlain(transaction)')
  })
})
