import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex } from '@sapwood/wire-codec'
import { RegtestBitcoind } from '@sapwood/integration'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectInSchema } from './support/lines-schema.ts'
import { type Ran, sapwood } from './support/run-command.ts'

/** A machine with much else to do takes its time to start a bitcoind. */
const HOOK_TIMEOUT = 120_000
let bitcoind: RegtestBitcoind
let hash: string
const folder = mkdtempSync(join(tmpdir(), 'sapwood-cli-'))
beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
  await bitcoind.mine(101)
  hash = await bitcoind.rpc('getblockhash', 7)
}, HOOK_TIMEOUT)
afterAll(async () => {
  await bitcoind[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
}, HOOK_TIMEOUT)

const ask = (...args: readonly string[]): Promise<Ran> =>
  sapwood([...args, '-n', 'regtest', '-q', '-c', `127.0.0.1:${bitcoind.p2pPort}`])

describe('what is fetched from a real bitcoind', () => {
  it('headers: as lines, as bytes, and not beyond the tip', async () => {
    const { exitCode, lines } = await ask('headers', '--from', '6', '--to', '7', '--json')
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    expect(lines()[1]).toMatchObject({ height: 7, hash })
    const { bytes } = await ask('headers', '--from', '7', '--to', '7', '--raw')
    expect(bytesToHex(bytes)).toBe(await bitcoind.rpc('getblockheader', hash, false))
    const beyond = await ask('headers', '--to', '500')
    expect([beyond.exitCode, beyond.out]).toEqual([1, ''])
    expect(beyond.err).toContain('the best chain ends at 101')
  })

  it('a block, by height and by hash; and one that is not there', async () => {
    const { out } = await ask('block', '7', '--hex')
    expect(out.trim()).toBe(await bitcoind.rpc('getblock', hash, 0))
    const { lines } = await ask('block', hash, '--json')
    expectInSchema(lines())
    expect(lines()[0]).toMatchObject({ height: 7, hash })
    expect((await ask('block', '00'.repeat(32))).exitCode).toBe(1)
    expect((await ask('block', 'seven')).exitCode).toBe(2)
  })

  it('a transaction, of a block and of those that wait', async () => {
    const { tx } = await bitcoind.rpc<{ readonly tx: readonly string[] }>('getblock', hash)
    const { lines } = await ask('tx', tx[0]!, '--block', '7', '--json')
    expectInSchema(lines())
    expect(lines()[0]).toMatchObject({ txid: tx[0] })
    const missing = await ask('tx', tx[0]!)
    expect(missing.exitCode).toBe(1)
    expect(missing.err).toContain('no peer has it')
  })

  it('a filter, as bitcoind itself has it', async () => {
    const { lines } = await ask('filter', '7', '--json')
    expectInSchema(lines())
    expect(lines()[0]).toMatchObject(await bitcoind.rpc<object>('getblockfilter', hash))
  })

  it('what pays to a script, by filters', async () => {
    const { tx } = await bitcoind.rpc<{
      readonly tx: readonly {
        readonly txid: string
        readonly vout: readonly {
          readonly scriptPubKey: { readonly hex: string; readonly address?: string }
        }[]
      }[]
    }>('getblock', hash, 2)
    const { scriptPubKey } = tx[0]!.vout[0]!
    const { exitCode, lines } = await ask(
      'watch',
      scriptPubKey.address ?? scriptPubKey.hex,
      '--from',
      '7',
      '--once',
      '--json',
    )
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    const watched = lines().find(({ txid }) => txid === tx[0]!.txid)
    expect(watched).toMatchObject({ type: 'watched', height: 7, block: hash })
    expect(watched!['payments']).toEqual([{ index: 0, value: '5000000000', scriptPubKey: scriptPubKey.hex }])
    expect((await ask('watch', 'nonsense')).exitCode).toBe(2)
  })

  it('crawled, and not a second time', async () => {
    const data = join(folder, 'crawl')
    const crawl = () =>
      sapwood([
        'crawl',
        '-n',
        'regtest',
        '--from',
        `127.0.0.1:${bitcoind.p2pPort}`,
        '--wait',
        '0.3',
        '--data',
        data,
        '--json',
      ])
    const { exitCode, lines } = await crawl()
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    expect(lines()).toMatchObject([
      { type: 'node', reached: true, transport: 'v2' },
      { type: 'summary', visited: 1, reached: 1, transports: { v2: 1 } },
    ])
    expect((await crawl()).exitCode).toBe(1)
  })

  it('nothing, where nobody is there or nobody was named', async () => {
    const { exitCode, err } = await sapwood([
      'headers',
      '-n',
      'regtest',
      '-c',
      '127.0.0.1:1',
      '--timeout',
      '1',
    ])
    expect(exitCode).toBe(3)
    expect(err).toContain('could not reach 127.0.0.1:1')
    expect((await sapwood(['headers', '-n', 'regtest'])).exitCode).toBe(2)
  })
})

describe('sapwood reach, capture, replay and decode', () => {
  it('says what works', async () => {
    const { exitCode, lines } = await sapwood([
      'reach',
      `127.0.0.1:${bitcoind.p2pPort}`,
      '-n',
      'regtest',
      '--json',
    ])
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    expect(lines().map(({ transport, reached }) => [transport, reached])).toEqual([
      ['v2', true],
      ['v1', true],
    ])
  })

  it('captures as Core does and for Wireshark, replays that, and reads all of it', async () => {
    const target = `127.0.0.1:${bitcoind.p2pPort}`
    const pcapng = join(folder, 'messages.pcapng')
    const { exitCode, lines } = await sapwood([
      'capture',
      target,
      '-n',
      'regtest',
      '--dir',
      folder,
      '--pcapng',
      pcapng,
      '--for',
      '0.4',
      '--json',
    ])
    expect(exitCode).toBe(0)
    expectInSchema(lines())
    const received = await sapwood(['decode', join(folder, 'msgs_recv.dat'), '--json'])
    expectInSchema(received.lines())
    expect(received.lines()[0]).toMatchObject({ type: 'decoded', command: 'version' })
    expect(received.lines().length).toBeLessThan(lines()[0]!['messages'] as number)

    const file = readFileSync(pcapng)
    expect(file.readUInt32LE(0)).toBe(0x0a0d0d0a)
    // Each block's length stands at both of its ends.
    let offset = 0
    for (; offset < file.length; offset += file.readUInt32LE(offset + 4)) {
      const length = file.readUInt32LE(offset + 4)
      expect(file.readUInt32LE(offset + length - 4)).toBe(length)
    }
    expect(offset).toBe(file.length)

    const enough = new AbortController()
    const replayed = await sapwood(
      [
        'replay',
        join(folder, 'msgs_sent.dat'),
        target,
        '-n',
        'regtest',
        '--at-once',
        '--wait',
        '60',
        '--json',
      ],
      {
        signal: enough.signal,
        onOut: (text) => {
          if (text.includes('"direction":"received","command":"verack"')) enough.abort(new Error('enough'))
        },
      },
    )
    expect(replayed.exitCode).toBe(130)
    expectInSchema(replayed.lines())
    const answers = replayed.lines().filter(({ direction }) => direction === 'received')
    expect(answers.map(({ command }) => command)).toEqual(expect.arrayContaining(['version', 'verack']))
  })

  it('writes nothing where it cannot, and says so, also when the disk is full', async () => {
    const target = `127.0.0.1:${bitcoind.p2pPort}`
    const to = (...where: readonly string[]): Promise<Ran> =>
      sapwood(['capture', target, '-n', 'regtest', '-q', '--for', '20', ...where])
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    expect(await to('--dir', join(file, 'below'))).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('Cannot make the folder'),
    })
    expect(await to('--pcapng', join(file, 'below'))).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('ENOTDIR'),
    })
    // Always full: what is written to it is refused.
    expect(await to('--pcapng', '/dev/full')).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(/^sapwood: the capture cannot be written: ENOSPC/),
    })
  })

  it('reads a block, a file of blocks, a transaction, a header, a payload and an address', async () => {
    const block = await bitcoind.rpc<string>('getblock', hash, 0)
    const blockFile = join(folder, 'blk.dat')
    const raw = Buffer.from(block, 'hex')
    const head = Buffer.from('fabfb5da00000000', 'hex')
    head.writeUInt32LE(raw.length, 4)
    writeFileSync(blockFile, Buffer.concat([head, raw, head, raw, Buffer.alloc(64)]))
    const types = async (...args: string[]): Promise<unknown[]> => {
      const { exitCode, lines } = await sapwood(['decode', ...args, '--json'])
      expect(exitCode).toBe(0)
      expectInSchema(lines())
      return lines().map(({ type, hash: found }) => found ?? type)
    }
    expect(await types(block)).toEqual([hash])
    expect(await types(blockFile)).toEqual([hash, hash])
    expect(await types(block.slice(0, 160))).toEqual([hash])
    expect(await types(block.slice(162))).toEqual(['transaction'])
    expect(await types('0100000000000000', '--as', 'payload', '--command', 'ping')).toEqual(['decoded'])
    expect(await types('1.2.3.4:8333')).toEqual(['address'])
    const { exitCode } = await sapwood(['decode', '-'], { input: 'ff' })
    expect(exitCode).toBe(1)
  })
})
