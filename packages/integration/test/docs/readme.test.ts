import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/bitcoind/regtest-bitcoind.ts'
import { exampleIn, lines, runExample } from './example.ts'

describe('README.md', () => {
  it('shows a v2 connection in about 15 lines that works on a real bitcoind', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(3)
    const code = await exampleIn('README.md', 'connect')
    expect(lines(code)).toBeLessThanOrEqual(17)
    const output = await runExample(code.replace('18444', String(bitcoind.p2pPort)))
    expect(output).toMatch(/^v2 [0-9a-f]{64}\n\/Satoshi:.*\/ 3 3\n$/)
  })
})
