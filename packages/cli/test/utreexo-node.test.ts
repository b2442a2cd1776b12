import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mineWithPayments, RegtestBitcoind } from '@sapwood/integration'
import { expect, it } from 'vitest'
import { sapwood } from './support/run-command.ts'

const HEIGHT = 112

it('a node proves blocks by the proofs of another that is a bridge', async () => {
  await using bitcoind = await RegtestBitcoind.start()
  await mineWithPayments(bitcoind, HEIGHT)
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-utreexo-'))
  const ending = new AbortController()
  /** `sapwood node`, and what waits for a line of its log. */
  const start = (name: string, ...words: string[]) => {
    let log = ''
    let look = (): void => undefined
    const common = ['-regtest', `-datadir=${join(folder, name)}`, '-server=0', '-debug=net']
    const ran = sapwood(['node', ...common, ...words], {
      signal: ending.signal,
      onOut: (text) => {
        log += text
        look()
      },
    })
    const says = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve) => {
        look = () => {
          const found = pattern.exec(log)
          if (found !== null) resolve(found)
        }
        look()
      })
    return { ran, says }
  }
  try {
    const connect = `-connect=${bitcoind.p2pHostAndPort}`
    const listen = ['-listen', '-bind=127.0.0.1', '-port=0']
    const bridge = start('bridge', connect, ...listen, '-prune=0', '-utreexobridge')
    const [, address] = await bridge.says(/"listening":\["([^"]+)"/)
    await bridge.says(/a proof of each block/)
    const node = start('node', `-connect=${address!}`, '-utreexo')
    await node.says(new RegExp(`"height":${HEIGHT},[^\n]*"msg":"all blocks are proved"`))
    ending.abort(new Error('interrupted'))
    expect((await node.ran).exitCode).toBe(0)
    expect((await bridge.ran).exitCode).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
  const refused = await sapwood(['node', '-regtest', `-datadir=${folder}`, '-utreexobridge'])
  expect(refused).toMatchObject({ exitCode: 2, err: expect.stringContaining('-prune=0') })
})
