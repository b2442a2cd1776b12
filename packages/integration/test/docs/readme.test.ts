import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/bitcoind/regtest-bitcoind.ts'
import { runCommand } from '../../src/programs/run-command.ts'

const root = resolve(import.meta.dirname, '../../../..')

/** The code block that follows a marker of its name. */
async function exampleIn(file: string, name: string): Promise<string> {
  const text = await readFile(join(root, file), 'utf8')
  const code = new RegExp(`<!-- example: ${name} -->\\s*\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
  if (code === undefined) throw new Error(`${file} has no example named ${name}`)
  return code
}

describe('README.md', () => {
  it('shows a v2 connection in about 15 lines that type-checks and works on a real bitcoind', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(3)
    const code = await exampleIn('README.md', 'connect')
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(17)

    // Below the root, so that the packages are found as they are by a program that has installed them.
    await mkdir(join(root, '.cache'), { recursive: true })
    const folder = await mkdtemp(join(root, '.cache/readme-'))
    try {
      const file = join(folder, 'example.mts')
      await writeFile(file, code.replace('18444', String(bitcoind.p2pAddress.port)))
      const tsconfig = { extends: '../../tools/tsconfig/node.json', files: ['example.mts'] }
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
      await runCommand([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
      const stdout = await runCommand([
        process.execPath,
        '--conditions=@sapwood/source',
        '--import',
        'tsx',
        file,
      ])
      expect(stdout).toMatch(/^v2 [0-9a-f]{64}\n\/Satoshi:.*\/ 3 3\n$/)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
