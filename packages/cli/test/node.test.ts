import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegtestBitcoind } from '@sapwood/integration'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bitcoinCli } from './support/bitcoin-cli.ts'
import { expectInSchema } from './support/lines-schema.ts'
import { type Ran, sapwood } from './support/run-command.ts'

type Json = Record<string, unknown>

/** A machine with much else to do takes its time to start a bitcoind. */
const HOOK_TIMEOUT = 120_000

let bitcoind: RegtestBitcoind
let rpcPort: string
let running: Promise<Ran>
let hash: string
const data = mkdtempSync(join(tmpdir(), 'sapwood-node-'))
const folder = join(data, 'regtest')

/** Starts `sapwood node` in this process. @returns its port, and what it ends with. */
async function start(
  listen: readonly string[],
  signal?: AbortSignal,
): Promise<{ port: string; ran: Promise<Ran> }> {
  let log = ''
  let tell: (port: string) => void = () => undefined
  const answering = new Promise<string>((resolve) => {
    tell = resolve
  })
  const ran = sapwood(['node', '-regtest', `-datadir=${data}`, '-rpcport=0', ...listen], {
    ...(signal !== undefined && { signal }),
    onOut: (text) => {
      log += text
      const found = /"address":"127.0.0.1:(\d+)","msg":"JSON-RPC is answered"/.exec(log)
      if (found !== null) tell(found[1]!)
    },
  })
  return { port: await Promise.race([answering, ran.then(({ err }) => Promise.reject(new Error(err)))]), ran }
}

/** The real bitcoin-cli, on our node. */
function askByCli(...args: string[]): Promise<string> {
  return bitcoinCli(bitcoind, '-regtest', `-datadir=${data}`, `-rpcport=${rpcPort}`, ...args)
}

async function post(body: string, headers: Record<string, string> = authorized()): Promise<Response> {
  return await fetch(`http://127.0.0.1:${rpcPort}/`, { method: 'POST', body, headers })
}

function authorized(): Record<string, string> {
  const cookie = readFileSync(join(folder, '.cookie'), 'utf8')
  return { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` }
}

async function call(method: string, ...params: unknown[]): Promise<unknown> {
  const response = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const { result, error } = (await response.json()) as { result?: unknown; error?: { code: number } }
  return error === undefined ? result : { failed: error.code }
}

beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
  await bitcoind.mine(12)
  hash = await bitcoind.rpc('getblockhash', 5)
  writeFileSync(join(data, 'sapwood.conf'), `[regtest]\nconnect=127.0.0.1:${bitcoind.p2pPort}\n`)
  const { port, ran } = await start(['-listen=0'])
  rpcPort = port
  running = ran
  expect(await call('waitforblockheight', 12, 30_000)).toMatchObject({ height: 12 })
}, HOOK_TIMEOUT)
afterAll(async () => {
  await bitcoind[Symbol.asyncDispose]()
  rmSync(data, { recursive: true })
}, HOOK_TIMEOUT)

describe('sapwood node, asked by the real bitcoin-cli', () => {
  it('answers -getinfo and -netinfo', async () => {
    expect(await askByCli('getblockcount')).toBe('12')
    const info = await askByCli('-getinfo')
    expect(info).toContain('Chain: regtest')
    // Blocks are fetched one after the other; the headers are there.
    expect(info).toContain('Headers: 12')
    const netinfo = await askByCli('-netinfo', '4')
    expect(netinfo).toContain('/sapwood:')
    expect(netinfo).toMatch(/out +manual +npr .* v?2? .*127\.0\.0\.1:\d+ .*\/Satoshi:/)
  })

  it('says of what it does not know what Core says', async () => {
    await expect(askByCli('getwalletinfo')).rejects.toMatchObject({
      stderr: expect.stringContaining('error code: -32601'),
    })
  })

  it('takes arguments by name', async () => {
    expect(await askByCli('-named', 'getblockhash', 'height=5')).toBe(hash)
  })
})

describe('its JSON-RPC, beside that of bitcoind', () => {
  it('gives the same headers, blocks and filters', async () => {
    const theirs = await bitcoind.rpc<Json>('getblockheader', hash)
    const ours = (await call('getblockheader', hash)) as Json
    // Core counts the transactions of blocks that it has.
    delete ours['nTx']
    expect(theirs).toMatchObject(ours)
    expect(await call('getblockheader', hash, false)).toBe(await bitcoind.rpc('getblockheader', hash, false))
    expect(await call('getblock', hash, 0)).toBe(await bitcoind.rpc('getblock', hash, 0))
    const block = await bitcoind.rpc<Json>('getblock', hash, 1)
    expect(block).toMatchObject((await call('getblock', hash, 1)) as Json)
    const { tx } = (await call('getblock', hash, 2)) as { tx: Json[] }
    const { tx: theirTx } = await bitcoind.rpc<{ tx: Json[] }>('getblock', hash, 2)
    expect(theirTx[0]).toMatchObject({ txid: tx[0]!['txid'], hex: tx[0]!['hex'], vin: tx[0]!['vin'] })
    expect(await call('getblockfilter', hash)).toEqual(await bitcoind.rpc<Json>('getblockfilter', hash))
    const chain = await bitcoind.rpc<Json>('getblockchaininfo')
    for (const name of ['chain', 'headers', 'bestblockhash', 'difficulty', 'chainwork', 'bits']) {
      expect([name, ((await call('getblockchaininfo')) as Json)[name]]).toEqual([name, chain[name]])
    }
  })

  it('describes a connection as bitcoind describes its other end', async () => {
    const [ours] = (await call('getpeerinfo')) as Json[]
    const [theirs] = await bitcoind.rpc<Json[]>('getpeerinfo')
    // Each field that we give is one of Core's, of the same kind.
    const type = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)
    for (const [name, value] of Object.entries(ours!)) {
      if (name === 'addrlocal' || name === 'pingwait') continue
      expect([name, type(value)]).toEqual([name, type(theirs![name])])
    }
    expect(ours).toMatchObject({
      session_id: theirs!['session_id'],
      transport_protocol_type: 'v2',
      inbound: false,
      connection_type: 'manual',
      network: theirs!['network'],
      startingheight: 12,
      minfeefilter: 0.00001,
    })
    const network = (await call('getnetworkinfo')) as Json
    const info = await bitcoind.rpc<Json>('getnetworkinfo')
    expect(Object.keys(info)).toEqual(expect.arrayContaining(Object.keys(network)))
    expect(theirs).toMatchObject({ subver: network['subversion'] })
  })

  it('describes each field of a connection as bitcoind does, from the other side', async () => {
    const sides = async (): Promise<readonly [Json, Json]> => {
      const [[ours], [theirs]] = [
        (await call('getpeerinfo')) as Json[],
        await bitcoind.rpc<Json[]>('getpeerinfo'),
      ]
      return [ours!, theirs!]
    }
    // Between two looks something may have been said, and blocks come one after the other.
    let [ours, theirs] = await sides()
    while (
      ours['bytessent'] !== theirs['bytesrecv'] ||
      ours['bytesrecv'] !== theirs['bytessent'] ||
      ours['synced_blocks'] !== ours['synced_headers']
    ) {
      await call('getblockcount')
      ;[ours, theirs] = await sides()
    }
    const services = (hex: unknown): bigint => BigInt(`0x${hex as string}`)
    const NODE_BLOOM = 4n
    const own = (await call('getnetworkinfo')) as Json
    const other = await bitcoind.rpc<Json>('getnetworkinfo')
    const same: readonly (readonly [string, unknown, unknown])[] = [
      ['addrbind', ours['addr'], theirs['addrbind']],
      ...['network', 'session_id', 'transport_protocol_type', 'relaytxes', 'addr_relay_enabled'].map(
        (name) => [name, ours[name], theirs[name]] as const,
      ),
      // It has told us of all of them, and we have fetched them.
      ['headers', ours['synced_headers'], await bitcoind.rpc('getblockcount')],
      ['blocks', ours['synced_blocks'], await bitcoind.rpc('getblockcount')],
      // What each says of the other is what the other says of itself.
      // bloomfilter is a permission of ours with it, and so said to us alone.
      ['services', services(ours['services']), services(other['localservices']) | NODE_BLOOM],
      // Said when the connection began: what is kept by now was not kept then.
      ['services of ours', services(theirs['services']) & ~services(own['localservices']), 0n],
      ['subver', ours['subver'], other['subversion']],
      ['subver of ours', theirs['subver'], own['subversion']],
      ['inbound', ours['inbound'], theirs['inbound'] !== true],
      ['sends blocks unasked', ours['bip152_hb_to'], theirs['bip152_hb_from']],
      ['is sent blocks unasked', ours['bip152_hb_from'], theirs['bip152_hb_to']],
      // Byte by byte, the framing of v2 included, message by message.
      ['sent', ours['bytessent_per_msg'], theirs['bytesrecv_per_msg']],
      ['received', ours['bytesrecv_per_msg'], theirs['bytessent_per_msg']],
    ]
    for (const [name, one, two] of same) expect([name, one]).toEqual([name, two])
    // In seconds since 1970, each by when it came to that.
    expect(Math.abs((ours['conntime'] as number) - (theirs['conntime'] as number))).toBeLessThan(60)
    // What Core has beside these: the local address of a connection that we dialled is not known to us, and
    // some that are Knots' alone.
    const missing = Object.keys(theirs).filter((name) => !(name in ours))
    const known = ['addrbind', 'addrlocal', 'pingwait', 'pingtime', 'minping']
    const knots = ['last_block_announcement', 'cpu_load', 'forced_inbound', 'misbehavior_score']
    expect([...known, ...knots]).toEqual(expect.arrayContaining(missing))
  })

  it('refuses with the codes of Core', async () => {
    const refused: readonly (readonly [number, string, ...unknown[]])[] = [
      [-32601, 'getwalletinfo'],
      [-8, 'getblockhash', 500],
      [-1, 'getblockhash'],
      [-3, 'getblockhash', 'five'],
      [-1, 'getblockhash', 5, 6],
      [-5, 'getblock', '00'.repeat(32)],
      [-8, 'getblock', '00'],
      [-22, 'sendrawtransaction', 'ff'],
      [-29, 'disconnectnode', '203.0.113.1:8333'],
      [-24, 'addnode', '203.0.113.1:8333', 'remove'],
      [-30, 'setban', 'nonsense', 'add'],
      [-30, 'setban', '203.0.113.1', 'remove'],
      [-8, 'getnodeaddresses', 1, 'nonet'],
      // Of another type, out of range, or not of those that there are.
      [-3, 'getblockhash', null],
      [-3, 'getblockhash', true],
      [-3, 'getblockhash', [5]],
      [-1, 'getblockhash', 1.5],
      [-8, 'getblockhash', -1],
      [-3, 'getblockheader', 5],
      [-8, 'getblockheader', 'zz'.repeat(32)],
      [-3, 'getblock', hash, 'x'],
      [-1, 'addnode', '203.0.113.1:8333', 'nonsense'],
      [-1, 'setban', '203.0.113.1', 'nonsense'],
      [-3, 'setban', '203.0.113.1', 'add', 'x'],
      [-8, 'setban', '203.0.113.1', 'add', 5, true],
      [-1, 'setnetworkactive'],
      [-3, 'setnetworkactive', 1],
      [-3, 'disconnectnode', 5],
      [-32602, 'disconnectnode', '203.0.113.1:8333', 5],
      [-8, 'getnodeaddresses', -1],
      [-3, 'getblockfilter', 5],
      [-5, 'getblockfilter', hash, 'x'],
      [-3, 'sendrawtransaction', 5],
      [-3, 'sendrawtransaction', 'ff', 'x'],
      [-3, 'waitfornewblock', 'x'],
      [-3, 'logging', 'net'],
      [-3, 'logging', [5]],
      [-8, 'logging', ['nonsense']],
      [-24, 'getaddednodeinfo', 'x'],
    ]
    for (const [code, method, ...params] of refused) {
      expect([method, params, await call(method, ...params)]).toEqual([method, params, { failed: code }])
      // bitcoind itself is of the same opinion; only what needs a wallet there is another matter.
      if (method === 'getwalletinfo') continue
      await expect(bitcoind.rpc(method, ...params)).rejects.toMatchObject({ rpcCode: code })
    }
  })

  it('bans, adds and disconnects', async () => {
    expect(await call('setban', '203.0.113.0/24', 'add', 3_600)).toBeNull()
    expect(await call('setban', '203.0.113.0/24', 'add')).toEqual({ failed: -23 })
    expect(await call('listbanned')).toMatchObject([{ address: '203.0.113.0/24', ban_duration: 3_600 }])
    expect(await call('clearbanned')).toBeNull()
    expect(await call('listbanned')).toEqual([])
    expect(await call('setnetworkactive', false)).toBe(false)
    expect(await call('getconnectioncount')).toBe(0)
    expect(await call('setnetworkactive', true)).toBe(true)
    expect(await call('getaddrmaninfo')).toMatchObject({ all_networks: { total: 0 } })
  })

  it('waits for a block', async () => {
    const waiting = call('waitforblockheight', 13, 60_000)
    await bitcoind.mine(1)
    expect(await waiting).toEqual({ height: 13, hash: await bitcoind.rpc('getbestblockhash') })
  })
})

describe('its server', () => {
  it('lets in who has the cookie, which nobody else can read', async () => {
    expect(statSync(join(folder, '.cookie')).mode & 0o777).toBe(0o600)
    const body = JSON.stringify({ id: 1, method: 'uptime', params: [] })
    expect((await post(body)).status).toBe(200)
    for (const headers of [{}, { authorization: 'Basic !' }, { authorization: 'Basic X19jb29raWVfXzo=' }]) {
      const response = await post(body, headers)
      expect(response.status).toBe(401)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
    expect((await fetch(`http://127.0.0.1:${rpcPort}/`)).status).toBe(405)
  })

  it('reads JSON-RPC 1.1 and 2.0, batches and notifications, and nothing that is too large', async () => {
    const of = async (body: unknown): Promise<[number, unknown]> => {
      const response = await post(typeof body === 'string' ? body : JSON.stringify(body))
      const text = await response.text()
      return [response.status, text === '' ? '' : JSON.parse(text)]
    }
    expect(await of({ id: 'a', method: 'getblockhash', params: [5] })).toEqual([
      200,
      { result: hash, error: null, id: 'a' },
    ])
    expect(await of({ id: 1, method: 'nope' })).toMatchObject([404, { error: { code: -32601 } }])
    expect(await of({ id: 1, method: 'getblockhash', params: [500] })).toMatchObject([
      500,
      { error: { code: -8 } },
    ])
    expect(await of({ jsonrpc: '2.0', id: 1, method: 'nope' })).toMatchObject([
      200,
      { error: { code: -32601 } },
    ])
    expect(await of({ jsonrpc: '2.0', method: 'ping' })).toEqual([204, ''])
    // Whatever it is, as in Core.
    expect(await of({ id: [[1]], method: 'getblockhash', params: [5] })).toMatchObject([200, { id: [[1]] }])
    for (const deep of ['['.repeat(1_000_000), `{"id":1,"params":${'['.repeat(513)}${']'.repeat(513)}}`])
      expect(await of(deep)).toMatchObject([500, { id: null, error: { code: -32700 } }])
    for (const body of ['{', '', '5', '"x"', 'null'])
      expect(await of(body)).toMatchObject([500, { error: { code: -32700 } }])
    const named = (params: object): Promise<[number, unknown]> =>
      of({ id: 1, method: 'getblockhash', params })
    expect(await named({ args: [5] })).toMatchObject([200, { result: hash }])
    for (const params of [{ args: [5], height: 6 }, { args: 5 }, { hieght: 5 }])
      expect(await named(params)).toMatchObject([500, { error: { code: -8 } }])
    expect(await of('[]')).toEqual([200, []])
    expect(
      await of([{ jsonrpc: '2.0', id: 1, method: 'nope' }, 7, { id: 2, method: 'getblockcount' }]),
    ).toMatchObject([
      200,
      [{ error: { code: -32601 } }, { error: { code: -32600 } }, { result: expect.any(Number), id: 2 }],
    ])
    expect(await of(Array.from({ length: 1_001 }, () => 1))).toMatchObject([400, { error: { code: -32600 } }])
    const large = await post(' '.repeat(0x02000001)).catch(() => 'cut off')
    expect(large === 'cut off' || (large as Response).status === 413).toBe(true)
    // And it still answers.
    expect(await call('getblockhash', 5)).toBe(hash)
  })

  it('shows figures to Prometheus', async () => {
    const response = await fetch(`http://127.0.0.1:${rpcPort}/metrics`)
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    const text = await response.text()
    expect(text).toContain('# TYPE sapwood_disconnects_total counter')
    expect(text).toMatch(/^sapwood_dials_total\{kind="manual",outcome="[a-z]+"\} \d+$/m)
  })
})

describe('sapwood rpc, sapwood netinfo, and the end', () => {
  it('ask it, and end it; what it kept is there again', async () => {
    const ask = (...args: string[]): Promise<Ran> => {
      const [command, ...rest] = args
      return sapwood([command!, '-n', 'regtest', '--datadir', data, '--rpcport', rpcPort, ...rest])
    }
    expect((await ask('rpc', 'getblockhash', '5')).out).toBe(`${hash}\n`)
    expect(JSON.parse((await ask('rpc', 'getblockchaininfo')).out)).toMatchObject({ chain: 'regtest' })
    expect(await ask('rpc', 'nope')).toMatchObject({ exitCode: 1, err: expect.stringContaining('-32601') })
    expect((await ask('netinfo')).out).toMatch(/^\/sapwood:.* connections: 0 in, .*\n<-> +type/)
    const netinfo = await ask('netinfo', '--json')
    expectInSchema(netinfo.lines())
    expect(netinfo.lines()).toMatchObject([
      { type: 'netinfo', connections_in: 0 },
      { type: 'netpeer', addr: `127.0.0.1:${bitcoind.p2pPort}`, transport_protocol_type: 'v2' },
    ])
    const peers = await ask('rpc', 'getpeerinfo', '--json')
    expectInSchema(peers.lines())
    expect(peers.lines()).toMatchObject([
      { type: 'result', method: 'getpeerinfo', result: [{ addr: netinfo.lines()[1]!['addr'] }] },
    ])
    expect((await ask('rpc', 'ping', '--json')).lines()).toEqual([
      { type: 'result', method: 'ping', result: null },
    ])
    expect((await ask('rpc', 'stop')).out).toBe('Sapwood stopping\n')
    expect((await running).exitCode).toBe(0)
    expect(existsSync(join(folder, '.cookie'))).toBe(false)
    expect((await ask('netinfo')).exitCode).toBe(3)

    const stopping = new AbortController()
    const again = await start(['-listen', '-port=0'], stopping.signal)
    rpcPort = again.port
    expect(await call('getblockcount')).toBe(13)
    // A signal is a clean end, too.
    stopping.abort(new Error('interrupted'))
    const { exitCode, out } = await again.ran
    expect(exitCode).toBe(0)
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Json)
    expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'the node has stopped' })
    expect(lines.find(({ msg }) => msg === 'the node runs')).toMatchObject({
      listening: [expect.stringMatching(/^(\[::\]|0\.0\.0\.0):\d+$/)],
    })
  })

  it('says why it cannot run: a folder that another has, a port that is taken', async () => {
    const held = new AbortController()
    const other = await start(['-listen=0'], held.signal)
    const elsewhere = mkdtempSync(join(tmpdir(), 'sapwood-node-'))
    const node = (folder: string, ...words: readonly string[]): Promise<Ran> =>
      sapwood(['node', '-regtest', '-connect=0', `-datadir=${folder}`, ...words])
    try {
      expect(await node(data, '-rpcport=0')).toMatchObject({
        exitCode: 1,
        err: expect.stringMatching(/^sapwood: .*\/node.*(another process has it open|This process has)/),
      })
      expect(existsSync(join(folder, '.cookie'))).toBe(true)
      const taken = ['-listen', '-bind=127.0.0.1', `-port=${bitcoind.p2pPort}`, '-rpcport=0']
      for (const words of [taken, ['-listen=0', `-rpcport=${other.port}`]]) {
        expect(await node(elsewhere, ...words)).toMatchObject({
          exitCode: 1,
          err: expect.stringMatching(/EADDRINUSE/),
        })
      }
      expect(existsSync(join(elsewhere, 'regtest/.cookie'))).toBe(false)
      expect((await node('/dev/null/x')).err).toMatch(/^sapwood: Cannot make the folder \/dev\/null\/x/)
    } finally {
      held.abort(new Error('interrupted'))
      await other.ran
      rmSync(elsewhere, { recursive: true })
    }
  })

  it('refuses options that it does not know, in words', async () => {
    for (const args of [
      ['-nonsense'],
      ['-listen=2'],
      ['-prune=3'],
      ['-regtest', '-signet'],
      ['regtest'],
      ['-conf=none'],
    ]) {
      const { exitCode, err } = await sapwood(['node', `-datadir=${data}`, ...args])
      expect([args, exitCode]).toEqual([args, 2])
      expect(err).toMatch(/^sapwood: /)
    }
  })
})
