import { readFile } from 'node:fs/promises'
import {
  blockHash,
  type BlockHeader,
  decodeBlock,
  decodeHeader,
  hashToHex,
  hexToBytes,
  networks,
} from '@sapwood/wire-codec'
import { decompress } from 'fzstd'
import { describe, expect, it } from 'vitest'
import { checkBlock } from '../src/blocks/block-check.ts'
import { StorableHeaderChain } from '../src/chain/header-chain.ts'
import { NOON } from './support/peer-ids.ts'

async function vector(name: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL(`vectors/${name}`, import.meta.url)))
}

function split(bytes: Uint8Array): BlockHeader[] {
  return Array.from({ length: bytes.length / 80 }, (_, i) =>
    decodeHeader(bytes.subarray(80 * i, 80 * (i + 1))),
  )
}

describe('headers of real chains', () => {
  it('mainnet 1 to 10,236', async () => {
    const headers = split(decompress(await vector('mainnet-headers-0-10236.zst')))
    const chain = new StorableHeaderChain({ network: networks.main })
    expect(blockHash(headers[0]!)).toEqual(networks.main.genesisHash)
    expect(chain.accept(headers.slice(1), NOON)).toMatchObject({ accepted: 10_236 })
    expect(chain.tip().height).toBe(10_236)
    expect(hashToHex(chain.hashAt(1)!)).toBe(
      '00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048',
    )
    expect(chain.tip().work).toBe(10_237n * 0x1_0001_0001n)
  })

  it('signet 1 to 2,015', async () => {
    const headers = split(await vector('signet-headers-0-2015.bin'))
    const chain = new StorableHeaderChain({ network: networks.signet })
    expect(chain.accept(headers.slice(1), NOON).error).toBeUndefined()
    expect(chain.tip().height).toBe(2015)
  })

  it('another network refuses them', async () => {
    const [, first] = split(await vector('signet-headers-0-2015.bin'))
    expect(new StorableHeaderChain({ network: networks.main }).accept([first!], NOON).error?.code).toBe(
      'bad-proof-of-work',
    )
    expect(new StorableHeaderChain({ network: networks.regtest }).accept([first!], NOON).error?.code).toBe(
      'unknown-parent',
    )
  })

  it('regtest blocks pass their checks', async () => {
    const text = new TextDecoder().decode(await vector('regtest-blocks.txt'))
    const blocks = text
      .trim()
      .split(/\s+/)
      .map((hex) => decodeBlock(hexToBytes(hex)))
    const chain = new StorableHeaderChain({ network: networks.regtest })
    const { error } = chain.accept(
      blocks.slice(1).map(({ header }) => header),
      NOON,
    )
    expect(error).toBeUndefined()
    blocks.slice(1).forEach((block, i) => expect(checkBlock(block, i + 1, networks.regtest)).toBeUndefined())
  })
})
