import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/bitcoind/regtest-bitcoind.ts'
import { runCommand } from '../../src/programs/run-command.ts'

const root = resolve(import.meta.dirname, '../../../..')

describe('docs/guides/talk-to-a-peer.md', () => {
  it('fetches headers from a real bitcoind in under 30 lines', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const mined = await bitcoind.mine(5)
    const guide = await readFile(join(root, 'docs/guides/talk-to-a-peer.md'), 'utf8')
    const code = /<!-- example: talk-to-a-peer -->\s*```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
    expect(code.trim().split('\n').length).toBeLessThan(30)

    // Below the root, so that the packages are found as they are by a program that has installed them.
    await mkdir(join(root, '.cache'), { recursive: true })
    const folder = await mkdtemp(join(root, '.cache/guide-'))
    try {
      const file = join(folder, 'guide.mts')
      await writeFile(file, code.replace('18444', String(bitcoind.p2pPort)))
      const tsx = ['--conditions=@sapwood/source', '--import', 'tsx']
      const output = await runCommand([process.execPath, ...tsx, file])
      expect(output).toMatch(/^\/Satoshi:.*\/ over v2, at height \d+\n[0-9a-f]{64}\n$/)
      expect(output.trim().split('\n')[1]).toBe(mined.at(-1))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
