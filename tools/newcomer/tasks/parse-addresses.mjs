// Parse every form that the address of a peer has.
import assert from 'node:assert/strict'
import { formatPeerAddress, mainnet, parsePeerAddress } from '@sapwood/wire-codec'

const onion = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
const i2p = 'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p'
const forms = [
  ['203.0.113.7', 'ipv4', '203.0.113.7:8333'],
  ['203.0.113.7:18333', 'ipv4', '203.0.113.7:18333'],
  ['2001:db8::1', 'ipv6', '[2001:db8::1]:8333'],
  ['[2001:db8::1]:18333', 'ipv6', '[2001:db8::1]:18333'],
  ['::ffff:203.0.113.7', 'ipv4', '203.0.113.7:8333'],
  [onion, 'torv3', `${onion}:8333`],
  [`${i2p}:0`, 'i2p', `${i2p}:0`],
  ['fc00:1::1', 'cjdns', '[fc00:1::1]:8333'],
  ['seed.example.org', 'name', 'seed.example.org:8333'],
]
for (const [text, network, written] of forms) {
  const address = parsePeerAddress(text, { defaultPort: mainnet.defaultPort })
  console.log(address.network.padEnd(6), formatPeerAddress(address))
  assert.equal(address.network, network)
  assert.equal(formatPeerAddress(address), written)
}
// What looks like an onion service and is none goes to no resolver.
assert.throws(() => parsePeerAddress('short.onion', { defaultPort: 8333 }))
