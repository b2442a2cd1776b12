import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hexToBytes } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/bitcoind/regtest-bitcoind.ts'
import { mineWithPayments, startNatsServer, startUtreexoBridge } from '../../src/index.ts'
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

describe('docs/guides/utreexo.md', () => {
  it('proves blocks, bridges a bitcoind, and has the accumulator alone, each in 15 lines or so', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 112)
    await using bridge = await startUtreexoBridge({ bitcoind })
    const [node, own, alone] = await Promise.all(
      ['utreexo-node', 'utreexo-bridge', 'utreexo-alone'].map((name) =>
        exampleIn('docs/guides/utreexo.md', name),
      ),
    )
    for (const code of [node, own, alone]) expect(lines(code!)).toBeLessThanOrEqual(17)
    const proved = await runExample(node!.replace('127.0.0.1:18444', bridge.hostAndPort))
    expect(proved).toMatch(/^block 10\d spends \d+ coins of \d+ satoshi\n/)
    expect(proved).toMatch(/coins ever made \{\s+height: 112,/)
    expect(await runExample(own!)).toBe('true 120\n')
    expect(await runExample(alone!)).toBe('spent already: root-mismatch\n')
  }, 240_000)
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

describe('docs/guides/test-with-a-scripted-peer.md', () => {
  it('runs as it is written', async () => {
    const output = await runExample(
      await exampleIn('docs/guides/test-with-a-scripted-peer.md', 'scripted-peer'),
      ['--test'],
    )
    expect(output).toMatch(/pass 3\b/)
    expect(output).toMatch(/fail 0\b/)
  })
})

describe('docs/guides/serve-blocks.md', () => {
  it('keeps the chain of a bitcoind, indexes it and offers both', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 106)
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-guide-'))
    try {
      const code = (await exampleIn('docs/guides/serve-blocks.md', 'serve-blocks'))
        .replace('18444', String(bitcoind.p2pPort))
        .replace("'state'", `'${folder}/state'`)
        .replace("'blocks'", `'${folder}/blocks'`)
      expect(lines(code)).toBeLessThanOrEqual(20)
      expect(await runExample(code)).toMatch(
        /^1 106 \[ 'NETWORK', 'COMPACT_FILTERS', 'NETWORK_LIMITED' \]\n$/,
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 240_000)
})

describe('docs/guides/light-client.md', () => {
  it('finds what is paid to a script by filters, with a watcher and without', async () => {
    await using bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
    const script = hexToBytes(`0014${'11'.repeat(20)}`)
    await bitcoind.mineTo(script, 2)
    await bitcoind.mine(3)
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-guide-'))
    try {
      const [watcher, follow] = await Promise.all(
        ['watcher', 'follow'].map(async (name) =>
          (await exampleIn('docs/guides/light-client.md', name))
            .replace('18444', String(bitcoind.p2pPort))
            .replace("'state'", `'${folder}/state'`),
        ),
      )
      expect(await runExample(watcher!)).toMatch(/^[0-9a-f]{64} 1\n[0-9a-f]{64} 2\n10000000000n\n$/)
      expect(await runExample(follow!)).toBe('may concern us 1 1\nmay concern us 2 1\n')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 240_000)
})

describe('docs/guides/many-machines.md', () => {
  it('publishes the chain of a bitcoind to NATS, and reads it there', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await using server = await startNatsServer()
    const mined = await bitcoind.mine(3)
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-guide-'))
    const code = async (name: string): Promise<string> =>
      (await exampleIn('docs/guides/many-machines.md', name))
        .replace('18444', String(bitcoind.p2pPort))
        .replace('4222', String(server.port))
        .replace("'state'", `'${folder}/state'`)
        .replaceAll("'state.json", `'${folder}/state.json`)
    try {
      // Each ends when it has come to the tip.
      const published = (await code('publish')).replace(
        'await publisher.ended',
        'while (publisher.info().position.blocks?.height !== 3) await new Promise(setImmediate)\nawait publisher.close()',
      )
      expect(lines(published)).toBeLessThanOrEqual(20)
      await runExample(published)
      const consumed = (await code('consume')).replace(
        /\n}\s*$/,
        "\n  if (facts['Height'] === '3' && kind === 'block') process.exit()\n}\n",
      )
      const output = await runExample(consumed)
      expect(output).toBe(mined.map((hash, index) => `${index + 1} ${hash}\n`).join(''))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 240_000)
})
