import type { PublishedRecord } from '@sapwood/publish'
import { blockHash, decodeBlock, decodeHeader, HEADER_SIZE, hashToHex } from '@sapwood/wire-codec'

/** What a consumer makes of records of the chain: the two chains, by the hashes of their blocks. */
export interface FoldedChain {
  /** Of the last record in it. */
  sequence: number
  /** From the first height that was published on. */
  readonly headers: string[]
  readonly blocks: string[]
}

/**
 * Adds a record. It believes none: a header or a block has to build on what is there, and what is undone has
 * to be that, from the top downwards.
 * @throws Error where something is missing, or there twice.
 */
export function fold(chain: FoldedChain, record: PublishedRecord): void {
  const { kind, payload, sequence } = record
  if (sequence <= chain.sequence) throw new Error(`record ${sequence} has been here`)
  if (kind === 'headers') {
    for (let at = 0; at < payload.length; at += HEADER_SIZE) {
      add(chain.headers, payload.subarray(at, at + HEADER_SIZE))
    }
  } else if (kind === 'block') {
    decodeBlock(payload)
    add(chain.blocks, payload.subarray(0, HEADER_SIZE))
  } else if (kind === 'headers.undone' || kind === 'blocks.undone') {
    const hashes = kind === 'headers.undone' ? chain.headers : chain.blocks
    const { undone, fork } = JSON.parse(new TextDecoder().decode(payload)) as {
      undone: { hash: string }[]
      fork: { hash: string }
    }
    for (const { hash } of undone) {
      if (hashes.pop() !== hash) throw new Error(`${kind} of ${hash}, which is not the last`)
    }
    if (hashes.at(-1) !== fork.hash) throw new Error(`${kind} down to ${fork.hash}, which is not the last`)
  }
  chain.sequence = sequence
}

function add(hashes: string[], bytes: Uint8Array): void {
  const header = decodeHeader(bytes)
  const previous = hashes.at(-1)
  if (previous !== undefined && hashToHex(header.previousBlockHash) !== previous) {
    throw new Error(`after ${previous} came ${hashToHex(blockHash(header))}`)
  }
  hashes.push(hashToHex(blockHash(header)))
}
