// Builds the filter of a block (BIP158), and asks it whether the block may pay to a script.
import { RegtestChain } from '@sapwood/integration'
import { blockHash, buildBasicFilter, bytesToHex, hexToBytes, openBasicFilter } from '@sapwood/wire-codec'

const { block } = new RegtestChain({ blocks: 5 }).at(5)
const hash = blockHash(block.header)
// The scripts of the outputs that the block spends: whoever builds a filter has to know them. Here: none.
const filter = buildBasicFilter(block, [])
console.log('filter', bytesToHex(filter))

const paid = block.transactions[0].outputs[0].scriptPubKey
const other = hexToBytes('0014' + '00'.repeat(20))
const matcher = openBasicFilter(filter, hash)
console.log('pays to its own coinbase script:', matcher.matchOne(paid))
console.log('pays to another script:', matcher.matchOne(other))
if (!matcher.matchAny([other, paid])) throw new Error('a filter matches all that the block pays to')
