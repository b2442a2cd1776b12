import { fileURLToPath } from 'node:url'
import { publishZmq, ZMQ_TOPICS } from '@sapwood/publish/zmq'
import { hexToBytes } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { findPythonZmq, freePort, RegtestBitcoind, startProcess } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

/** Pays to nobody in particular. */
const SCRIPT = hexToBytes(`0014${'11'.repeat(20)}`)

interface Told {
  readonly topic: string
  readonly body: string
  readonly count: number
}

it('tells over ZMQ what bitcoind tells, byte for byte, to one subscriber of both', async () => {
  const python = await findPythonZmq()
  const theirs = `tcp://127.0.0.1:${await freePort()}`
  const ours = `tcp://127.0.0.1:${await freePort()}`
  await using bitcoind = await RegtestBitcoind.start({
    // Transactions are announced to us at once.
    args: ['-whitelist=noban@127.0.0.1', ...ZMQ_TOPICS.map((topic) => `-zmqpub${topic}=${theirs}`)],
  })
  await bitcoind.fund()
  // A branch that waits: it is longer than what is mined in its place.
  const [branch] = await bitcoind.mineTo(SCRIPT, 3)
  await bitcoind.rpc('invalidateblock', branch)
  await using node = await startNode({ connect: [bitcoind.p2pHostAndPort] })
  const height = await bitcoind.rpc<number>('getblockcount')
  await node.chain.waitForHeight(height)
  if (node.info().phase !== 'running') {
    await node.events.next('phase', { filter: ({ phase }) => phase === 'running' })
  }
  await using zmq = await publishZmq(node, {
    notifiers: ZMQ_TOPICS.map((topic) => ({ topic, address: ours })),
  })
  const script = fileURLToPath(new URL('./zmq-subscriber.py', import.meta.url))
  await using subscriber = await startProcess([...python.command, script, theirs, ours], {
    environment: python.environment,
  })
  await subscriber.waitForOutput(/working/, 60_000)
  const told = (who: 0 | 1): Told[] =>
    [...subscriber.stdout.matchAll(/^([01]) (\w+) ([0-9a-f]*) (\d+)$/gm)].flatMap(
      ([, name, topic = '', body = '', count]) =>
        Number(name) === who ? [{ topic, body, count: Number(count) }] : [],
    )
  const bothTell = async (pattern: string): Promise<void> => {
    for (const who of [0, 1]) await subscriber.waitForOutput(new RegExp(`^${who} ${pattern}`, 'm'), 60_000)
  }

  const left = await bitcoind.mine(2)
  await bothTell(`hashblock ${left[1]!}`)
  await bitcoind.rpc('reconsiderblock', branch)
  const tip = await bitcoind.rpc<string>('getbestblockhash')
  expect(await bitcoind.rpc('getblockcount')).toBe(height + 3)
  await bothTell(`hashblock ${tip}`)
  const id = await bitcoind.pay(SCRIPT, 10_000n)
  await bothTell(`sequence ${id}41`)
  const [block] = await bitcoind.mine(1)
  for (const who of [0, 1]) {
    await subscriber.waitForOutput(new RegExp(`^${who} hashblock ${block!}[^]*^${who} rawblock`, 'm'), 60_000)
  }
  expect(zmq.dropped).toBe(0)
  expect(withoutCounters(told(1))).toEqual(withoutCounters(told(0)))
  // What has left, from the top downwards, and then what has come in its place.
  const changes = told(1).flatMap(({ topic, body }) => (topic === 'sequence' ? [body.slice(64, 66)] : []))
  expect(changes.map((byte) => String.fromCharCode(Number(`0x${byte}`))).join('')).toBe('CCDDCCCAC')
})

/** Counters count from where each process began: told apart, and checked to be without a gap. */
function withoutCounters(told: readonly Told[]): readonly string[] {
  const next = new Map<string, number>()
  for (const { topic, count } of told) {
    expect(count).toBe(next.get(topic) ?? count)
    next.set(topic, count + 1)
  }
  return told.map(({ topic, body }) => `${topic} ${body}`)
}
