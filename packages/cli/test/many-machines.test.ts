import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPythonZmq, freePort, RegtestBitcoind, startNatsServer, startProcess } from '@sapwood/integration'
import { expect, it } from 'vitest'
import { expectInSchema } from './support/lines-schema.ts'
import { sapwood } from './support/run-command.ts'

it('crawls with others by a NATS server: each node by one of them, and a snapshot of what is known', async () => {
  await using server = await startNatsServer()
  await using bitcoind = await RegtestBitcoind.start()
  const place = `127.0.0.1:${bitcoind.p2pPort}`
  const shared = ['crawl', '-n', 'regtest', '--nats', server.address, '--json']
  const crawl = (worker: string) => sapwood([...shared, '--worker', worker, '--from', place, '--wait', '0.3'])
  const workers = await Promise.all([crawl('a'), crawl('b')])
  expect(workers.map(({ exitCode, err }) => [exitCode, err])).toEqual([
    [0, ''],
    [0, ''],
  ])
  const lines = workers.flatMap((each) => each.lines())
  expectInSchema(lines)
  expect(lines.filter(({ type }) => type === 'node')).toMatchObject([{ address: place, reached: true }])
  const snapshot = await sapwood([...shared, '--snapshot'])
  expect(snapshot.lines()).toMatchObject([{ address: place, reached: true, round: 1, transport: 'v2' }])
  const again = await crawl('c')
  expect(again.exitCode).toBe(0)
  expect(again.lines()).toMatchObject([{ type: 'summary', visited: 0 }])
})

it('says of a crawl by a server that is not there where it should be', async () => {
  const { exitCode, err } = await sapwood(['crawl', '-n', 'regtest', '--nats', '127.0.0.1:1'])
  expect(exitCode).toBe(3)
  expect(err).toMatch(/No NATS server at 127.0.0.1:1: /i)
})

/** Says when it is connected, and then each topic with its body. */
const SUBSCRIBER = `
import sys, zmq
socket = zmq.Context().socket(zmq.SUB)
socket.setsockopt(zmq.SUBSCRIBE, b"")
monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
socket.connect(sys.argv[1])
monitor.recv_multipart()
print("working", flush=True)
while True:
    topic, body, counter = socket.recv_multipart()
    print(topic.decode(), body.hex(), flush=True)
`

it('tells as a node of blocks over ZMQ, to a subscriber in Python', async () => {
  const python = await findPythonZmq()
  const address = `tcp://127.0.0.1:${await freePort()}`
  const data = await mkdtemp(join(tmpdir(), 'sapwood-zmq-'))
  await using bitcoind = await RegtestBitcoind.start()
  await bitcoind.mine(2)
  const ending = new AbortController()
  let tell = (): void => undefined
  const atTip = new Promise<void>((resolve) => {
    tell = resolve
  })
  const ran = sapwood(
    ['node', '-regtest', `-datadir=${data}`, '-rpcport=0', `-connect=127.0.0.1:${bitcoind.p2pPort}`].concat(
      `-zmqpubhashblock=${address}`,
      `-zmqpubrawblock=${address}`,
    ),
    {
      signal: ending.signal,
      onOut: (text) => {
        if (text.includes('"running"')) tell()
      },
    },
  )
  try {
    await Promise.race([atTip, ran.then(({ err }) => Promise.reject(new Error(err)))])
    await using subscriber = await startProcess([...python.command, '-c', SUBSCRIBER, address], {
      environment: python.environment,
    })
    await subscriber.waitForOutput(/working/, 60_000)
    const [hash] = await bitcoind.mine(1)
    const raw = await bitcoind.rpc<string>('getblock', hash, 0)
    await subscriber.waitForOutput(new RegExp(`^hashblock ${hash!}$[^]*^rawblock ${raw}$`, 'm'), 60_000)
  } finally {
    ending.abort()
    await ran
    await rm(data, { recursive: true, force: true })
  }
})
