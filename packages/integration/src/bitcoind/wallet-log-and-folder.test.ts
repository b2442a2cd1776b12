import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { hexToBytes } from '@sapwood/wire-codec'
import { expect, it, vi } from 'vitest'
import { install } from '../cli/install.ts'
import globalSetup from '../global-setup/index.ts'
import { TestPeer } from '../test-peer/index.ts'
import { connectAll, syncAll } from './network-of.ts'
import { RegtestBitcoind } from './regtest-bitcoind.ts'

const SCRIPT = hexToBytes('0014000102030405060708090a0b0c0d0e0f10111213')

it('pays without a wallet, and a network of it agrees', async () => {
  await using one = await RegtestBitcoind.start()
  await using other = await RegtestBitcoind.start({ args: ['-txindex'] })
  await expect(one.pay(SCRIPT, 1n)).rejects.toMatchObject({ code: 'check-failed' })
  await connectAll([one, other])
  await one.fund()
  const ids = [await one.pay(SCRIPT, 70_000n), await one.pay(SCRIPT, 80_000n)]
  await one.mine(1)
  const [last] = await one.mineTo(SCRIPT)
  await syncAll([one, other])
  expect(await other.rpc('getbestblockhash')).toBe(last)
  for (const [index, id] of ids.entries()) {
    const { vout } = await other.rpc<{ vout: { value: number }[] }>('getrawtransaction', id, true)
    expect(vout[0]!.value).toBe([0.0007, 0.0008][index])
  }
})

it('waits for what it logs and for who connects, and tells the time', async () => {
  await using bitcoind = await RegtestBitcoind.start({ args: ['-debug=net'] })
  const mark = bitcoind.log.mark()
  bitcoind.log.expectNothing(/receive version message/, mark)
  await using peer = await TestPeer.dial(bitcoind.p2pAddress, { version: { userAgent: '/waited-for:1/' } })
  await bitcoind.waitForPeer(/waited-for/)
  await peer.expectAlive()
  const [line] = await bitcoind.log.expect(/receive version message: \/waited-for:1\//g, { since: mark })
  expect(line).toContain('waited-for')
  expect(() => bitcoind.log.expectNothing(/receive version message/, mark)).toThrow(/was not to/)
  await expect(bitcoind.log.expect(/no such line/, { timeout: 60 })).rejects.toThrow(
    /within 60 ms[\s\S]*waited-for/,
  )
  await expect(bitcoind.waitForPeer(/nobody/, 60)).rejects.toThrow(/in vain[\s\S]*bitcoind's log/)
  await bitcoind.setMockTime(2_000_000_000)
  const [hash] = await bitcoind.mine(1)
  expect((await bitcoind.rpc<{ time: number }>('getblockheader', hash)).time).toBeGreaterThanOrEqual(
    2_000_000_000,
  )
})

it('keeps the folder of one that ended by itself, and of a test that failed, where it is told to', async () => {
  const bitcoind = await RegtestBitcoind.start({ keepOnFailure: true })
  process.kill(bitcoind.process.pid, 'SIGKILL')
  await bitcoind.exited
  await expect(bitcoind.rpc('getblockcount')).rejects.toThrow(/ended by itself[\s\S]*Kept: /)
  await bitcoind.stop()
  expect(existsSync(bitcoind.dataFolder)).toBe(true)
  await rm(bitcoind.dataFolder, { recursive: true })
  const unstarted: unknown = await RegtestBitcoind.start({
    keepOnFailure: true,
    args: ['-no-such-option'],
  }).catch((error: unknown) => error)
  const kept = /no-such-option[\s\S]*\nKept: (\S+)/.exec(String(unstarted))?.[1]
  expect(existsSync(kept!)).toBe(true)
  await rm(kept!, { recursive: true })
  const good = await RegtestBitcoind.start({ keepOnFailure: true })
  await good.stop()
  expect(existsSync(good.dataFolder)).toBe(false)
  const failed = await RegtestBitcoind.start({ keepOnFailure: true })
  failed.keep()
  await failed.stop()
  expect(existsSync(failed.dataFolder)).toBe(true)
  await rm(failed.dataFolder, { recursive: true })
})

it('is installed by a command, and before the first test', async () => {
  const said: string[] = []
  for (const stream of ['log', 'error'] as const) {
    vi.spyOn(console, stream).mockImplementation((text: string) => void said.push(text))
  }
  try {
    expect(await install([])).toBe(0)
    expect(said.at(-1)).toMatch(/bitcoind/)
    expect(await install(['remove'])).toBe(2)
    expect(await install(['--bitcoind', 'core@1.0'])).toBe(2)
    expect(await install(['--help'])).toBe(0)
    await globalSetup()
  } finally {
    vi.restoreAllMocks()
  }
})
