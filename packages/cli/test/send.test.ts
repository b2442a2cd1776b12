import { RegtestBitcoind } from '@sapwood/integration'
import { expect, it } from 'vitest'
import { expectInSchema } from './support/lines-schema.ts'
import { sapwood } from './support/run-command.ts'

/** A machine with much else to do takes its time to mine. */
const TIMEOUT = 120_000

it(
  'tells who asked for a transaction, and from whom and when it came back',
  async () => {
    // To those with this permission bitcoind announces at once, instead of after some seconds at random.
    const args = ['-whitelist=noban@127.0.0.1']
    await using one = await RegtestBitcoind.start({ args })
    await using two = await RegtestBitcoind.start({ args })
    await using three = await RegtestBitcoind.start({ args })
    await one.rpc('createwallet', 'payer')
    const address = await one.rpc<string>('getnewaddress')
    await one.rpc('generatetoaddress', 102, address)
    for (const other of [two, three]) {
      for (const known of [one, two, three]) {
        if (known !== other) await other.rpc('addnode', known.p2pHostAndPort, 'add')
      }
      await other.rpc('waitforblockheight', 102, 60_000)
    }
    const pay = async (): Promise<string> => {
      const raw = await one.rpc<string>('createrawtransaction', [], [{ [address]: 1 }])
      const { hex: funded } = await one.rpc<{ hex: string }>('fundrawtransaction', raw)
      const { hex } = await one.rpc<{ hex: string }>('signrawtransactionwithwallet', funded)
      return hex
    }
    const to = [one, two, three].flatMap(({ p2pHostAndPort }) => ['-c', p2pHostAndPort])

    const { exitCode, lines } = await sapwood(
      ['send', '-n', 'regtest', ...to, '-q', '--json', '--until', 'seen', '--timeout', '60', '-'],
      { input: await pay() },
    )
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    const { subversion } = await one.rpc<{ readonly subversion: string }>('getnetworkinfo')
    const addresses = [one, two, three].map(({ p2pHostAndPort }) => p2pHostAndPort)
    const [asked] = lines().filter(({ type }) => type === 'requested')
    const [back] = lines().filter(({ type }) => type === 'seen')
    // One is not told at first, and hears of it from the others.
    expect(asked).toMatchObject({ userAgent: subversion, milliseconds: expect.any(Number) })
    expect(addresses).toEqual(expect.arrayContaining([asked!['address'], back!['address']]))
    expect(back!['address']).not.toBe(asked!['address'])
    expect(back!['milliseconds']).toBeGreaterThan(asked!['milliseconds'] as number)
    expect(lines().at(-1)).toMatchObject({ type: 'broadcast', outcome: 'seen', seenFrom: 1 })
    expect(await two.rpc('getrawmempool')).toEqual([asked!['txid']])

    const only = ['-c', one.p2pHostAndPort]
    const text = await sapwood(['send', '-n', 'regtest', ...only, await pay()])
    expect(text.out).toMatch(/^[0-9a-f]{64} {2}asked for by 127\.0\.0\.1:\d+ \/Satoshi:.* after \d+\.\d s$/m)
  },
  TIMEOUT,
)

it('--private sends nothing where neither Tor nor I2P is there', async () => {
  const coinbase =
    '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff0151ffffffff0100000000000000000151000000' +
    '00'
  const { exitCode, err } = await sapwood([
    'send',
    '--private',
    coinbase,
    '-n',
    'regtest',
    '-c',
    '127.0.0.1:1',
  ])
  expect([exitCode, err]).toEqual([2, expect.stringContaining('--private wants --proxy')])
})
