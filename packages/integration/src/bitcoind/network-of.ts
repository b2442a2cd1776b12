import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { lastLines } from './bitcoind-log.ts'
import type { RegtestBitcoind } from './regtest-bitcoind.ts'
import { until } from './until.ts'

/** Longest that nodes may take to connect or to agree by default, in milliseconds. */
const TIMEOUT = MINUTE

/**
 * Connects each with the one before it, so that all hear of all.
 * @param timeout milliseconds for each two of them. Default: 60,000.
 * @throws IntegrationError `timeout`, with the last lines of the logs of the two
 */
export async function connectAll(
  nodes: readonly RegtestBitcoind[],
  timeout: number = TIMEOUT,
): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const before = nodes[index - 1]
    if (before === undefined) continue
    await node.rpc('addnode', before.p2pHostAndPort, 'onetry')
    const areConnected = async (): Promise<boolean> => {
      const peers = await node.rpc<{ addr: string; version: number }[]>('getpeerinfo')
      return peers.some(({ addr, version }) => addr === before.p2pHostAndPort && version > 0)
    }
    await until('two nodes to be connected', timeout, areConnected, () => lastLines(before.log, node.log))
  }
}

/**
 * Waits until all have the same tip, and the same transactions.
 * @param timeout milliseconds for each of the two. Default: 60,000.
 * @throws IntegrationError `timeout`, with the last lines of all logs
 */
export async function syncAll(nodes: readonly RegtestBitcoind[], timeout: number = TIMEOUT): Promise<void> {
  const same = async (method: string): Promise<boolean> => {
    const answers = await Promise.all(nodes.map((node) => node.rpc(method)))
    const texts = answers.map((answer) => JSON.stringify(Array.isArray(answer) ? answer.sort() : answer))
    return new Set(texts).size <= 1
  }
  const logs = () => lastLines(...nodes.map(({ log }) => log))
  await until('all nodes to have the same tip', timeout, () => same('getbestblockhash'), logs)
  await until('all nodes to have the same transactions', timeout, () => same('getrawmempool'), logs)
}
