import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createNode, createTcpListener } from '@sapwood/node'
import { regtest } from '@sapwood/wire-codec'
import { afterEach, describe, expect, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { sleep } from '../../src/programs/default-sleep.ts'

const script = fileURLToPath(new URL('stopped-child.ts', import.meta.url))
/** Longer than each of the child's deadlines. */
const STOP = 2_500

let child: ChildProcess | undefined
afterEach(() => child?.kill('SIGKILL'))

/** A node that is connected to `peer`, and what it has said so far. */
async function start(peer: string): Promise<{
  readonly said: unknown[]
  readonly stop: () => Promise<void>
}> {
  child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@sapwood/source', script, peer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const running = child
  const said: unknown[] = []
  createInterface(running.stdout!).on('line', (line) => said.push(JSON.parse(line)))
  await expect.poll(() => said, { timeout: 60_000 }).toContain('ready')
  return {
    said,
    stop: async () => {
      running.kill('SIGSTOP')
      await sleep(STOP)
      running.kill('SIGCONT')
    },
  }
}

describe('a process that is stopped for longer than its deadlines, and goes on', () => {
  it('keeps a bitcoind that answers, again and again, and what it follows comes', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(200)
    const { said, stop } = await start(`127.0.0.1:${bitcoind.p2pPort}`)
    // In the middle of the download, and idle.
    await stop()
    await expect.poll(() => said, { timeout: 30_000 }).toContainEqual({ height: 200 })
    for (let round = 0; round < 2; round++) await stop()
    await bitcoind.mine(50)
    await expect.poll(() => said, { timeout: 30_000 }).toContainEqual({ height: 250 })
    expect(said.filter((one) => one === 'ready')).toHaveLength(1)
    expect(said.filter((one) => JSON.stringify(one).includes('ended'))).toEqual([])
  }, 120_000)

  it('keeps a peer that had nothing to say meanwhile', async () => {
    await using peer = await createNode(
      { network: regtest, connect: [] },
      { listeners: [createTcpListener()] },
    )
    const [address] = peer.network.listening()
    const ended: unknown[] = []
    peer.events.on('peer-disconnected', ({ reason }) => void ended.push(reason))
    const { said, stop } = await start(address!)
    for (let round = 0; round < 3; round++) await stop()
    const connected = peer.network.ping({ timeout: 20_000 })
    expect((await connected).size).toBe(1)
    expect([ended, said.filter((one) => one !== 'ready')]).toEqual([[], []])
  }, 60_000)

  it('and lets go of one that is silent afterwards too', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const { said, stop } = await start(`127.0.0.1:${bitcoind.p2pPort}`)
    process.kill(bitcoind.process.pid, 'SIGSTOP')
    await stop()
    await expect.poll(() => JSON.stringify(said), { timeout: 30_000 }).toContain('ended')
    process.kill(bitcoind.process.pid, 'SIGCONT')
  }, 120_000)
})
