import { RegtestBitcoind, startNatsServer } from '@sapwood/integration'
import { connectNats } from '@sapwood/publish/nats'
import { expect, it } from 'vitest'
import { sapwood } from './support/run-command.ts'

type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>

/** Reads a protobuf message without knowing what it is. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (bigint | Uint8Array)[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length))
  while (at < bytes.length) {
    const tag = Number(varint())
    const kind = tag & 7
    const value = kind === 0 ? varint() : take(kind === 1 ? 8 : Number(varint()))
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}
/** What stands at the end of a path of fields. */
function at(event: Uint8Array, ...path: readonly number[]): bigint | Uint8Array | undefined {
  const [first, ...rest] = path
  const value = fieldsOf(event).get(first!)?.[0]
  return rest.length === 0 ? value : value instanceof Uint8Array ? at(value, ...rest) : undefined
}
const textOf = (value: bigint | Uint8Array | undefined): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)

it.each(['v2', 'v1'])(
  'tells over NATS what a bitcoind that dials us over %s says, both ways',
  async (protocol) => {
    const password = 's3cret'
    await using server = await startNatsServer({
      configuration: `authorization { user: observer, password: ${password} }\n`,
    })
    const nats = `nats://observer:${password}@${server.address}`
    await using bitcoind = await RegtestBitcoind.start({
      args: [`-v2transport=${protocol === 'v2' ? 1 : 0}`],
    })
    await bitcoind.mine(1)
    const reader = await connectNats(nats)
    const events: { readonly subject: string; readonly data: Uint8Array }[] = []
    let look = (): void => undefined
    const reading = (async () => {
      for await (const { subject, data } of reader.subscribe('*')) {
        events.push({ subject, data })
        look()
      }
    })()
    await reader.flush()
    const has = (subject: string, isIt: (data: Uint8Array) => boolean): Promise<void> =>
      new Promise((resolve) => {
        look = () => {
          if (events.some((each) => each.subject === subject && isIt(each.data))) resolve()
        }
        look()
      })
    const isMessage =
      (command: string, isReceived: boolean) =>
      (data: Uint8Array): boolean =>
        textOf(at(data, 1, 1, 1, 4)) === command && at(data, 1, 1, 1, 5) === (isReceived ? 1n : 0n)

    const ending = new AbortController()
    let tellPort: (port: string) => void = () => undefined
    const port = new Promise<string>((resolve) => {
      tellPort = resolve
    })
    const observing = sapwood(
      ['observe', '--json', '--network', 'regtest', '--nats', nats, '--listen', '0'],
      {
        signal: ending.signal,
        onOut: (text) => {
          const found = /"listening":"[^"]*:(\d+)"/.exec(text)
          if (found !== null) tellPort(found[1]!)
        },
      },
    )
    await bitcoind.rpc('addnode', `127.0.0.1:${await port}`, 'onetry')
    // An inbound connection of a peer with an address, on IPv4.
    await has('netconn', (data) => at(data, 1, 2, 3, 1, 3) === 1n && at(data, 1, 2, 3, 1, 4) === 1n)
    await has('netmsg', isMessage('version', true))
    await has('netmsg', isMessage('version', false))
    await has('netmsg', isMessage('ping', true))
    await has('netmsg', isMessage('pong', false))
    await has('netmsg', isMessage('feefilter', true))
    await has('p2p-extractor', (data) => typeof at(data, 3, 4) === 'bigint')
    await has('p2p-extractor', (data) => ((at(data, 3, 1, 1) as bigint | undefined) ?? 0n) > 0n)
    const ping = events.find(
      ({ subject, data }) => subject === 'netmsg' && isMessage('ping', true)(data),
    )!.data
    // Eight bytes, which the message itself has as a number.
    expect(at(ping, 1, 1, 1, 6)).toBe(8n)
    expect((at(ping, 1, 1, 2, 1) as Uint8Array).length).toBe(8)
    expect(Number(at(ping, 10))).toBeGreaterThan(1_700_000_000_000)
    const [block] = await bitcoind.mine(1)
    const announced = Buffer.from(block!, 'hex').reverse()
    const names = (data: Uint8Array): boolean => Buffer.from(data).includes(announced)
    await has(
      'netmsg',
      (data) => (isMessage('headers', true)(data) || isMessage('inv', true)(data)) && names(data),
    )
    ending.abort()
    const { exitCode, lines, out, err } = await observing
    expect(exitCode).toBe(130)
    expect(lines()[0]).toMatchObject({ type: 'observing', nats: server.address })
    expect(out + err).not.toContain(password)
    expect(lines().at(-1)).toMatchObject({ type: 'observed', dropped: 0 })
    await reader.close()
    await reading
  },
)

it('says what is missing: whom to observe, or a server', async () => {
  expect(await sapwood(['observe', '--nats', '127.0.0.1:1'])).toMatchObject({ exitCode: 2 })
  for (const command of ['observe --listen 0', 'crawl'].map((text) => text.split(' '))) {
    const wrong = await sapwood([...command, '-n', 'regtest', '--nats', 'wss://o:s3cret@127.0.0.1'])
    expect(wrong.exitCode).toBe(2)
    expect(wrong.err).toMatch(/not by wss:/)
    expect(wrong.err).not.toContain('s3cret')
  }
  const nobody = await sapwood([
    'observe',
    '--nats',
    '127.0.0.1:1',
    '127.0.0.1:18444',
    '--network',
    'regtest',
  ])
  expect(nobody.exitCode).toBe(3)
  expect(nobody.err).toMatch(/No NATS server at 127.0.0.1:1/)
})
