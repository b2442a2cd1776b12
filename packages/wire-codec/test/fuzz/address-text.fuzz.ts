import { formatPeerAddress, parsePeerAddress, peerAddressKey } from '../../src/index.ts'
import { expectSame, type Target } from './message-target.ts'

const TEXTS = [
  '1.2.3.4:8333',
  '[2001:470::1]:8333',
  '::ffff:1.2.3.4',
  'fc00::1',
  'seed.example.com:18444',
  'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333',
  'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:0',
]
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** An address as a person may write it. */
const target: Target = {
  name: 'address-text',
  seeds: TEXTS.map(bytesOf),
  dictionary: ['.onion', '.b32.i2p', '::', '[', ']:', ':8333', '0x', '255', 'ffff', '.', '%eth0'].map(
    bytesOf,
  ),
  maxLength: 300,
  run(bytes) {
    try {
      const address = parsePeerAddress(new TextDecoder().decode(bytes), { defaultPort: 8333 })
      const again = parsePeerAddress(formatPeerAddress(address), { defaultPort: 1 })
      expectSame('address', peerAddressKey(again), peerAddressKey(address))
      return address.network
    } catch (error) {
      if (error instanceof SyntaxError) return error.message.split(':')[0]
      throw error
    }
  },
}
export default target
