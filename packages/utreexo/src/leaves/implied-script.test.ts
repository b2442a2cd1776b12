import { createHash } from 'node:crypto'
import { bytesToHex, hexToBytes, type TransactionInput } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { impliedScript, leafScript } from './implied-script.ts'
import { lastPush } from './last-push.ts'

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const hash160 = (bytes: Uint8Array): string => createHash('ripemd160').update(sha256(bytes)).digest('hex')
const key = hexToBytes('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')
const input = (scriptSig: string, witness: Uint8Array[] = []): TransactionInput => ({
  previousOutput: { txid: new Uint8Array(32) as never, index: 0 },
  scriptSig: hexToBytes(scriptSig),
  sequence: 0,
  witness,
})
const keyPush = `21${bytesToHex(key)}`

describe('an implied script', () => {
  it.each([
    ['p2pkh', input(`01aa${keyPush}`), `76a914${hash160(key)}88ac`],
    ['p2sh', input('0000'), `a914${hash160(new Uint8Array(0))}87`],
    ['p2sh', input('4c02abcd'), `a914${hash160(hexToBytes('abcd'))}87`],
    ['p2wpkh', input('', [Uint8Array.of(1), key]), `0014${hash160(key)}`],
    ['p2wsh', input('', [key]), `0020${sha256(key).toString('hex')}`],
  ] as const)('%s is made of what the input shows last', (type, shown, script) => {
    expect(bytesToHex(impliedScript(type, shown)!)).toBe(script)
    expect(leafScript(hexToBytes(script), shown)).toEqual({ type })
  })

  it.each([
    ['p2pkh', input('')],
    ['p2pkh', input('51')],
    ['p2sh', input(`${keyPush}ac`)],
    ['p2sh', input('05aa')],
    ['p2sh', input('4d')],
    ['p2wpkh', input(keyPush)],
    ['p2wsh', input(keyPush)],
  ] as const)('%s is none where the input shows nothing', (type, shown) => {
    expect(impliedScript(type, shown)).toBeUndefined()
  })

  it('is sent whole where the input would lead elsewhere', () => {
    const scriptPubKey = hexToBytes(`76a914${'00'.repeat(20)}88ac`)
    expect(leafScript(scriptPubKey, input(keyPush))).toEqual({ type: 'other', scriptPubKey })
  })
})

it('the last push of a script is its last instruction or none', () => {
  expect(lastPush(hexToBytes('02aabb01cc'))).toEqual(Uint8Array.of(0xcc))
  expect(lastPush(hexToBytes('4e03000000aabbcc'))).toHaveLength(3)
  expect(lastPush(hexToBytes('4effffffff00'))).toBeUndefined()
  expect(lastPush(hexToBytes('01cc6a'))).toBeUndefined()
})
