import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createNode, createTcpListener } from '@sapwood/node'
import { regtest } from '@sapwood/wire-codec'
import { describe, type ExpectStatic, it } from 'vitest'
import { RegtestBitcoind } from '../../src/index.ts'
import { sleep } from '../../src/programs/default-sleep.ts'

const script = fileURLToPath(new URL('stopped-child.ts', import.meta.url))
/** Longer than each of the child's deadlines. */
const STOP = 5_000

interface StoppableNode extends AsyncDisposable {
  /** What it has said so far. */
  readonly said: unknown[]
  /** Stops the process, and has it go on. */
  readonly stop: () => Promise<void>
  /** The same, until its peer has answered it: of each stop a second counts, and it has two. */
  readonly stopForAMoment: () => Promise<void>
}

/** A node in a process of its own that is connected to `peer`. */
async function start(peer: string, expect: ExpectStatic): Promise<StoppableNode> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@sapwood/source', script, peer], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const said: unknown[] = []
  createInterface(child.stdout).on('line', (line) => said.push(JSON.parse(line)))
  const stop = async (): Promise<void> => {
    child.kill('SIGSTOP')
    await sleep(STOP)
    child.kill('SIGCONT')
  }
  const answers = (): number => said.filter((one) => JSON.stringify(one) === '{"answered":1}').length
  const node: StoppableNode = {
    said,
    stop,
    stopForAMoment: async () => {
      const before = answers()
      await stop()
      child.kill('SIGUSR2')
      await expect.poll(answers).toBe(before + 1)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
  try {
    await expect.poll(() => said).toContain('ready')
    return node
  } catch (error) {
    await node[Symbol.asyncDispose]()
    throw error
  }
}

// They stand still most of the time: side by side.
describe.concurrent('a process that is stopped for longer than its deadlines, and goes on', () => {
  it('keeps a bitcoind that answers, again and again, and what it follows comes', async ({ expect }) => {
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(200)
    await using child = await start(`127.0.0.1:${bitcoind.p2pPort}`, expect)
    const { said, stop, stopForAMoment } = child
    // In the middle of the download, and idle.
    await stop()
    await expect.poll(() => said).toContainEqual({ height: 200 })
    for (let round = 0; round < 2; round++) await stopForAMoment()
    await bitcoind.mine(50)
    await expect.poll(() => said).toContainEqual({ height: 250 })
    expect(said.filter((one) => one === 'ready')).toHaveLength(1)
    expect(said.filter((one) => JSON.stringify(one).includes('ended'))).toEqual([])
  })

  it('keeps a peer that had nothing to say meanwhile', async ({ expect }) => {
    await using peer = await createNode(
      { network: regtest, connect: [] },
      { listeners: [createTcpListener()] },
    )
    const [address] = peer.network.listening()
    const ended: unknown[] = []
    peer.events.on('peer-disconnected', ({ reason }) => void ended.push(reason))
    await using child = await start(address!, expect)
    const { said, stopForAMoment } = child
    for (let round = 0; round < 3; round++) await stopForAMoment()
    const connected = await peer.network.ping({ timeout: 20_000 })
    const answered = { answered: 1 }
    expect([ended, said]).toEqual([[], ['ready', answered, answered, answered]])
    expect(connected.size).toBe(1)
  })

  it('and lets go of one that is silent afterwards too', async ({ expect }) => {
    await using bitcoind = await RegtestBitcoind.start()
    await using child = await start(`127.0.0.1:${bitcoind.p2pPort}`, expect)
    const { said, stop } = child
    process.kill(bitcoind.process.pid, 'SIGSTOP')
    await stop()
    await expect.poll(() => JSON.stringify(said)).toContain('ended')
    process.kill(bitcoind.process.pid, 'SIGCONT')
  })
})
