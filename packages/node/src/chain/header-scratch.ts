import { HEADER_SIZE, sha256d, type BlockHash, type BlockHeader } from '@sapwood/wire-codec'

const scratch = new Uint8Array(HEADER_SIZE)
const view = new DataView(scratch.buffer)

/**
 * The header's hash, computed over one reused buffer: at 150,000 headers a second an allocation each is felt.
 */
export function hashHeader(header: BlockHeader): BlockHash {
  view.setInt32(0, header.version, true)
  scratch.set(header.previousBlockHash, 4)
  scratch.set(header.merkleRoot, 36)
  view.setUint32(68, header.time, true)
  view.setUint32(72, header.bits, true)
  view.setUint32(76, header.nonce, true)
  return sha256d(scratch) as BlockHash
}
