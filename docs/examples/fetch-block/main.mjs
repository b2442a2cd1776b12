// Runs a node that knows one peer, and fetches a block from it: checked against its header.
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { blockHashFromHex, formatPeerAddress, hashToHex, regtest } from '@sapwood/wire-codec'

const chain = new RegtestChain({ blocks: 50, transactions: 3 })
const remote = await startRegtestPeer({ chain })
const node = await createNode({ network: regtest, connect: [formatPeerAddress(remote.address)] })
try {
  await node.chain.waitForHeight(50)
  // Explorers show hashes as text; everything here takes bytes.
  const text = hashToHex(node.chain.hashAt(42))
  const { block, height, size } = await node.getBlock(blockHashFromHex(text))
  console.log(`block ${text}, height ${height}: ${block.transactions.length} transactions, ${size} bytes`)

  // A mistake says what was meant; an editor that knows the types has said so before.
  // @ts-expect-error
  const error = await node.getBlock(text).catch((reason) => reason)
  console.log(error.code, '-', error.message)
} finally {
  await node.stop()
  await remote.stop()
}
