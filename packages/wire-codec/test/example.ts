import { DecodeError, decodePayload, encodePayload, hashToHex, hexToBytes, txid } from '../src/index.ts'

const { command, payload } = encodePayload({ type: 'ping', nonce: 7n })
console.log(command, payload.length, decodePayload(command, payload))

const coinbase = hexToBytes(
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0704ffff001d0104' +
    'ffffffff0100f2052a0100000043410496b538e853519c726a2c91e61ec11600ae1390813a627c66fb8be7947be63c52' +
    'da7589379515d4e0a604f8141781e62294721166bf621e73a82cbf2342c858eeac00000000',
)
const message = decodePayload('tx', coinbase)
if (message.type === 'tx')
  console.log(hashToHex(txid(message.transaction)), message.transaction.outputs[0]?.value)

try {
  decodePayload('tx', coinbase.subarray(0, 100))
} catch (error) {
  if (error instanceof DecodeError) console.log(error.code, error.severity, error.offset)
}
