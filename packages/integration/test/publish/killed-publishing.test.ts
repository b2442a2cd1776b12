import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { RegtestBitcoind, type RunningProcess, startNatsServer, startProcess } from '../../src/index.ts'
import type { FoldedChain } from './chain-fold.ts'

/** Kills of each of the three: a few in every run, thirty by SAPWOOD_KILLS=30. */
const ROUNDS = Number(process.env['SAPWOOD_KILLS'] ?? 1)
/** Longest that a process takes to begin, on a machine with much else to do. */
const START_TIMEOUT = 90_000

function startChild(name: string, ...args: readonly string[]): Promise<RunningProcess> {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  return startProcess([process.execPath, '--import', 'tsx', '--conditions=@sapwood/source', script, ...args])
}

/** All hashes of bitcoind's chain, genesis included. */
async function chainOf(bitcoind: RegtestBitcoind): Promise<string[]> {
  const height = await bitcoind.rpc<number>('getblockcount')
  return Promise.all(Array.from({ length: height + 1 }, (_, at) => bitcoind.rpc<string>('getblockhash', at)))
}

it(
  "a consumer has bitcoind's chain, whole and once, though node, server and consumer are killed",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-killed-'))
    const file = join(folder, 'consumer.json')
    await using server = await startNatsServer()
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(20)
    const startNode = () =>
      startChild('publisher-child', String(bitcoind.p2pPort), String(server.port), join(folder, 'node'))
    const startConsumer = () => startChild('consumer-child', String(server.port), file)
    let [node, consumer] = await Promise.all([startNode(), startConsumer()])
    let mined = 0
    /** Mines what follows the tip, or another branch instead of its last three blocks. */
    const move = async (round: number): Promise<void> => {
      if (round % 2 === 1) {
        const height = await bitcoind.rpc<number>('getblockcount')
        await bitcoind.rpc('invalidateblock', await bitcoind.rpc('getblockhash', height - 2))
      }
      // To somebody else each time: the same block would be the one that was found invalid.
      mined += 1
      await bitcoind.mineTo(Uint8Array.of(0, 20, ...new Uint8Array(20).fill(mined)), 5)
    }
    const hasTip = async (): Promise<void> => {
      const tip = await bitcoind.rpc<string>('getbestblockhash')
      await consumer.waitForOutput(new RegExp(`at ${tip} ${tip}`), START_TIMEOUT)
    }
    try {
      await hasTip()
      for (let round = 0; round < ROUNDS * 3; round++) {
        // In the middle of what the blocks set off; the branch is left while the node is away, too.
        await move(round)
        if (round % 3 === 0) {
          await node.kill()
          await move(round + 1)
          node = await startNode()
        } else if (round % 3 === 1) {
          await server.kill()
          await move(round)
          await server.start()
        } else {
          await consumer.kill()
          await move(round)
          consumer = await startConsumer()
        }
        await hasTip().catch((cause: unknown) => {
          const said = `${node.stdout.slice(-2_000)}\n${consumer.stdout.slice(-500)}`
          throw new Error(`round ${round}: the consumer has not come to the tip\n${said}`, { cause })
        })
      }
      const { headers, blocks } = JSON.parse(await readFile(file, 'utf8')) as FoldedChain
      const chain = await chainOf(bitcoind)
      expect(blocks).toEqual(chain.slice(-blocks.length))
      expect(headers).toEqual(chain.slice(-headers.length))
      expect(blocks.length).toBe(headers.length)
      // None of the processes has ended by itself.
      expect([node.stderr, consumer.stderr, node.running, consumer.running]).toEqual(['', '', true, true])
    } finally {
      await node.kill()
      await consumer.kill()
      await rm(folder, { recursive: true, force: true })
    }
  },
  ROUNDS * 120_000,
)
