// Reads addresses of peers in every form that there is, and says which network each is of.
import { formatPeerAddress, mainnet, netgroup, parsePeerAddress } from '@sapwood/wire-codec'

const texts = [
  '203.0.113.7',
  '203.0.113.7:18333',
  '[2001:db8::1]:8333',
  '::ffff:203.0.113.7',
  'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333',
  'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p',
  'fc00:1::1',
  'seed.example.org',
]
for (const text of texts) {
  const address = parsePeerAddress(text, { defaultPort: mainnet.defaultPort })
  const group = address.network === 'name' ? '-' : netgroup(address)
  console.log(address.network.padEnd(8), formatPeerAddress(address), group)
}

try {
  parsePeerAddress('notanonion.onion', { defaultPort: 8333 })
} catch (error) {
  // Never taken for a name: it must not reach a resolver.
  console.log(error.name, error.message)
}
