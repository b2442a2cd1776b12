import {
  type Block,
  type BlockHeader,
  blockHash,
  blockSize,
  blockWeight,
  hashToHex,
  toJson,
  txids,
} from '@sapwood/wire-codec'
import { SECOND } from '@sapwood/transport-v1v2/environment'
import type { Line } from '../terminal/report.ts'

/** A header as a line of JSON. */
export function headerLine(header: BlockHeader, height?: number): Line {
  return {
    type: 'header',
    ...(height !== undefined && { height }),
    hash: hashToHex(blockHash(header)),
    header: toJson(header),
  }
}

/** A header for people, in a line. */
export function headerText(header: BlockHeader, height?: number): string {
  const at = height === undefined ? '' : `${String(height).padStart(7)}  `
  return `${at}${hashToHex(blockHash(header))}  ${timeText(header.time)}`
}

/** A block as a line of JSON. */
export function blockLine(block: Block, height?: number): Line {
  return {
    type: 'block',
    ...(height !== undefined && { height }),
    hash: hashToHex(blockHash(block.header)),
    size: blockSize(block),
    weight: blockWeight(block),
    block: toJson(block),
  }
}

/** A block for people: its head, and the txids. */
export function blockText(block: Block, height?: number): string {
  const { header, transactions } = block
  return [
    `block      ${hashToHex(blockHash(header))}`,
    ...(height === undefined ? [] : [`height     ${height}`]),
    `time       ${timeText(header.time)}`,
    `previous   ${hashToHex(header.previousBlockHash)}`,
    `merkle     ${hashToHex(header.merkleRoot)}`,
    `version    ${(header.version >>> 0).toString(16).padStart(8, '0')}, bits ${header.bits.toString(16)}, nonce ${header.nonce}`,
    `size       ${blockSize(block)} bytes, weight ${blockWeight(block)}, ${transactions.length} transactions`,
    ...txids(transactions).map((id) => `           ${hashToHex(id)}`),
  ].join('\n')
}

function timeText(time: number): string {
  return new Date(time * SECOND).toISOString().replace('.000Z', 'Z')
}
