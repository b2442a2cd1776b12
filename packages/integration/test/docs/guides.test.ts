import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/bitcoind/regtest-bitcoind.ts'
import { exampleIn, lines, runExample } from './example.ts'

describe('docs/guides/talk-to-a-peer.md', () => {
  it('fetches headers from a real bitcoind in under 30 lines', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const mined = await bitcoind.mine(5)
    const code = await exampleIn('docs/guides/talk-to-a-peer.md', 'talk-to-a-peer')
    expect(lines(code)).toBeLessThan(30)
    const output = await runExample(code.replace('18444', String(bitcoind.p2pPort)))
    expect(output).toMatch(/^\/Satoshi:.*\/ over v2, at height \d+\n[0-9a-f]{64}\n$/)
    expect(output.trim().split('\n')[1]).toBe(mined.at(-1))
  })
})

describe('docs/guides/test-against-bitcoind.md', () => {
  it('sees a real reorg', async () => {
    const code = await exampleIn('docs/guides/test-against-bitcoind.md', 'balance')
    const output = await runExample(code, ['--test'])
    expect(output).toMatch(/a payment is taken back with its block/)
    expect(output).toMatch(/pass 1\b/)
    expect(output).toMatch(/fail 0\b/)
  })
})
