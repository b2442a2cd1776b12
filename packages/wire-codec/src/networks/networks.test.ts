import { describe, expect, it } from 'vitest'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { hasProofOfWork } from '../chain-work/proof-of-work.ts'
import { blockHash } from '../primitives/header.ts'
import { blockMerkleRoot } from '../primitives/merkle-root.ts'
import { genesisBlock } from './genesis-block.ts'
import { mainnet } from './mainnet.ts'
import { networkByName, networks } from './network-by-name.ts'
import { customSignet, signet } from './signet.ts'

// bitcoin/bitcoin test/functional/data/util: netmagic-*.hex
const MAGICS = {
  main: 'f9beb4d9',
  testnet3: '0b110907',
  testnet4: '1c163f28',
  signet: '0a03cf40',
  regtest: 'fabfb5da',
}

describe.each(Object.values(networks))('$name', (network) => {
  it('names the first block by the hash of its header', () => {
    expect(blockHash(network.genesis)).toEqual(network.genesisHash)
  })

  it('has the whole first block, of which the header tells', () => {
    const { root } = blockMerkleRoot(genesisBlock(network))
    expect(root).toEqual(network.genesis.merkleRoot)
  })

  it('has a first block that meets the easiest target', () => {
    expect(network.genesis.bits).toBe(network.powLimitBits)
    expect(hasProofOfWork(network.genesis, network)).toBe(true)
  })

  it('has the magic of Core', () => {
    expect(bytesToHex(network.magic)).toBe(MAGICS[network.name])
  })

  it('is found by its name', () => {
    expect(networkByName(network.name)).toBe(network)
  })
})

describe('networkByName', () => {
  it.each([
    ['mainnet', 'main'],
    ['bitcoin', 'main'],
    ['test', 'testnet3'],
    ['testnet', 'testnet3'],
  ])('knows %s as %s', (alias, name) => {
    expect(networkByName(alias).name).toBe(name)
  })

  it.each(['', 'Main', 'testnet5', 'toString', '__proto__'])('refuses %j', (name) => {
    expect(() => networkByName(name)).toThrow(RangeError)
  })
})

describe('customSignet', () => {
  it('derives the magic of the public signet from its challenge', () => {
    expect(customSignet(signet.signetChallenge!).magic).toEqual(signet.magic)
  })

  it('derives another magic from another challenge and knows nothing of that chain', () => {
    // The challenge OP_TRUE, as block explorers and tutorials use it.
    const network = customSignet(hexToBytes('51'))
    expect(bytesToHex(network.magic)).toBe('54d26fbd')
    expect(network.proofOfWork.minimumChainWork).toBe(0n)
    expect(network.dnsSeeds).toEqual([])
    expect(network.genesisHash).toEqual(signet.genesisHash)
  })

  it('keeps its own copy of the challenge', () => {
    const challenge = hexToBytes('51')
    const network = customSignet(challenge)
    challenge[0] = 0
    expect(network.signetChallenge).toEqual(hexToBytes('51'))
  })

  it.each([0, 10_001])('refuses a challenge of %i bytes', (size) => {
    expect(() => customSignet(new Uint8Array(size))).toThrow(RangeError)
  })
})

it('asks the seeds of mainnet only for services that they can filter by', () => {
  for (const seed of mainnet.dnsSeeds) expect(seed.serviceFilters).toContain(0x9n)
})
