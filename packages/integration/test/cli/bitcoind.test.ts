import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freePort, RpcClient } from '../../src/index.ts'
import { TestPeer } from '../../src/test-peer/index.ts'

const tsx = join(import.meta.dirname, '../../../../node_modules/tsx/dist/loader.mjs')
const installer = join(import.meta.dirname, '../../src/cli/installer.ts')
const command = (args: readonly string[]): [string, string[]] => [
  process.execPath,
  ['--import', tsx, '--conditions=@sapwood/source', installer, ...args],
]

it('runs a bitcoind on the ports that were asked for, with a chain, until it is interrupted', async () => {
  const [port, rpcPort] = [await freePort(), await freePort()]
  const args = [
    'bitcoind',
    '--port',
    `${port}`,
    '--rpc-port',
    `${rpcPort}`,
    '--blocks',
    '7',
    '--',
    '-txindex',
  ]
  const child = spawn(...command(args), { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += String(text)
    if (said.includes('Ctrl-C')) break
  }
  expect(said).toContain(`127.0.0.1:${port}: regtest, height 7`)
  const cookieFile = /with the cookie (\S+)/.exec(said)![1]!
  await using peer = await TestPeer.dial(`127.0.0.1:${port}`)
  await peer.expectAlive()
  const rpc = new RpcClient({ host: '127.0.0.1', port: rpcPort, cookieFile })
  expect(await rpc.call('getblockcount')).toBe(7)
  expect(await rpc.call('getindexinfo')).toHaveProperty('txindex')
  rpc.close()

  child.kill('SIGINT')
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code).toBe(0)
  expect(existsSync(cookieFile)).toBe(false)
})

it.each([
  [['bitcoind', '--port', '70000'], /--port takes a number from 1 to 65535, not '70000'/],
  [['bitcoind', '--bitcoind', 'core@1.0'], /--bitcoind takes/],
  [['bitcoin'], /there is no command 'bitcoin'/],
] as const)('%j is not understood', async (args, why) => {
  const child = spawn(...command(args), { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  for await (const text of child.stderr.setEncoding('utf8')) said += String(text)
  const code = child.exitCode ?? ((await once(child, 'exit')) as [number])[0]
  expect(code).toBe(2)
  expect(said).toMatch(why)
})
