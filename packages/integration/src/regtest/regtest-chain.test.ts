import {
  blockMerkleRoot,
  bytesToHex,
  checkWitnessCommitment,
  coinbaseHeight,
  hasProofOfWork,
  hasWitness,
  regtest,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { RegtestChain } from './regtest-chain.ts'

describe('RegtestChain', () => {
  it('mines blocks that link, with proof of work, merkle root, height and witness commitment', () => {
    const chain = new RegtestChain({ blocks: 110, transactions: 4 })
    let previous = regtest.genesisHash
    for (let height = 1; height <= chain.height; height++) {
      const { block, hash } = chain.at(height)!
      expect(block.header.previousBlockHash).toEqual(previous)
      expect(hasProofOfWork(block.header, regtest)).toBe(true)
      expect(blockMerkleRoot(block)).toEqual({ root: block.header.merkleRoot, mutated: false })
      expect(checkWitnessCommitment(block)).toBe('valid')
      expect(coinbaseHeight(block)).toBe(height)
      previous = hash
    }
    const transactions = chain.at(110)!.block.transactions.slice(1)
    expect(transactions).toHaveLength(4)
    expect(new Set(transactions.map(hasWitness))).toEqual(new Set([true, false]))
  })

  it('is the same for the same options, and another for another name', () => {
    const tipOf = (name: string): string => bytesToHex(new RegtestChain({ blocks: 5, name }).tip)
    expect(tipOf('one')).toBe(tipOf('one'))
    expect(tipOf('one')).not.toBe(tipOf('two'))
  })

  it('answers what getheaders asks for', () => {
    const chain = new RegtestChain({ blocks: 12 })
    const [fourth, tenth] = [chain.at(4)!, chain.at(10)!]
    expect(chain.headersAfter([])).toEqual(chain.headers)
    expect(chain.headersAfter([chain.tip])).toEqual([])
    expect(chain.headersAfter([fourth.hash], tenth.hash)).toEqual(chain.headers.slice(4, 10))
    expect(chain.headersAfter([new Uint8Array(32) as typeof chain.tip, fourth.hash], undefined, 3)).toEqual(
      chain.headers.slice(4, 7),
    )
  })

  it('forks', () => {
    const chain = new RegtestChain({ blocks: 8 })
    const fork = chain.forkAt(3)
    fork.mine(6)
    expect(fork.height).toBe(9)
    expect(fork.at(3)).toBe(chain.at(3))
    expect(fork.at(4)!.hash).not.toEqual(chain.at(4)!.hash)
  })
})
