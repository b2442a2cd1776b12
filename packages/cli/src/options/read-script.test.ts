import { bytesToHex, networks } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { readScript } from './read-script.ts'

describe('a script', () => {
  it.each([
    // BIP173 and BIP350.
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
    ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
    [
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    ],
    ['bc1sw50qgdz25j', '6002751e'],
    // The coinbase of block 0, and BIP16's kind.
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac'],
    ['3P14159f73E4gFr7JterCCQh9QjiTjiZrG', 'a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87'],
    ['51', '51'],
  ])('is that of %s', (text, script) => {
    expect(bytesToHex(readScript(text, networks.main))).toBe(script)
  })

  it.each([
    // The last character is another; of another network; a version with the other's checksum (BIP350).
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5'],
    ['tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx'],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd'],
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb'],
    ['mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn'],
    ['hello'],
    ['x'.repeat(1_000_000)],
  ])('is refused of %.80s', (text) => {
    expect(() => readScript(text, networks.main)).toThrow(expect.objectContaining({ exitCode: 2 }))
  })
})
