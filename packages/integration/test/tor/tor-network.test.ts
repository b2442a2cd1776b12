import { readFileSync, readlinkSync, readdirSync } from 'node:fs'
import { hashToHex, Services } from '@sapwood/wire-codec'
import { createTcpListener } from '@sapwood/node'
import {
  createRouter,
  createSocks5Dialer,
  createTorControl,
  type OnionService,
  parseTorEventFields,
  type ProxyError,
  type TorControl,
} from '@sapwood/proxy'
import { connect } from '@sapwood/transport-v1v2'
import { listenTcp, type TcpListener } from '@sapwood/transport-v1v2/tcp'
import { type NetworkAddress, type PeerAddress, regtest } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RegtestBitcoind, RegtestChain, TestingTorNetwork, type TorClient } from '../../src/index.ts'
import { parseConnected, type ProxiedConnection } from '../../src/tor/isolating-proxy.ts'
import { startNode } from '../end-to-end/start-node.ts'

const PASSWORD = 'a "quoted\\" password'
const never = new AbortController().signal

let network: TestingTorNetwork
/** Who dials, and who has the onion services. */
let client: TorClient
let host: TorClient
let echo: TcpListener

beforeAll(async () => {
  network = await TestingTorNetwork.start()
  ;[client, host] = await Promise.all([
    network.startClient({ controlPassword: PASSWORD }),
    network.startClient(),
  ])
  echo = await listenTcp({}, (stream) => {
    void (async () => {
      for (let bytes = await stream.read(); bytes !== null; bytes = await stream.read())
        await stream.write(bytes)
      await stream.close()
    })().catch(() => undefined)
  })
})
afterAll(async () => {
  await echo.close()
  await network.stop()
})

const controlOf = ({ host: address, controlPort, cookieFile }: TorClient) => ({
  control: { host: address, port: controlPort },
  cookieFile,
})
const socksOf = ({ host: address, socksPort }: TorClient) => ({ host: address, port: socksPort })
const toEcho = (): NetworkAddress => ({
  network: 'ipv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port: echo.port,
})

async function refusal(attempt: Promise<unknown>): Promise<ProxyError> {
  return await attempt.then(
    () => expect.unreachable('it worked'),
    (error: unknown) => error as ProxyError,
  )
}

/** Until the service's descriptor has been published and fetched: some seconds. */
async function dialOnion(address: PeerAddress): Promise<void> {
  const dialer = createSocks5Dialer({ proxy: socksOf(client), tor: true })
  await expect
    .poll(() => dialer.dial(address, { signal: never }).then((stream) => stream.abort(new Error('there'))), {
      timeout: 60_000,
      interval: 500,
    })
    .toBeUndefined()
}

describe('the control port of a real tor', () => {
  it.each([
    ['safe-cookie', {}],
    ['cookie', { authentication: 'cookie' as const }],
    ['password', { password: PASSWORD }],
  ])('lets us in by %s', async (method, options) => {
    await using control = await createTorControl({ ...controlOf(client), ...options })
    expect(control.authentication).toBe(method)
    expect(await control.getInfo('version')).toContain(control.version)
    expect(await control.socksAddresses()).toEqual([socksOf(client)])
  })

  it('refuses a wrong password and another tor’s cookie', async () => {
    const wrong = await refusal(createTorControl({ ...controlOf(client), password: 'wrong' }))
    expect(wrong).toMatchObject({ code: 'authentication-failed', reply: 515 })
    // SAFECOOKIE works both ways: it is this tor that does not know the other's cookie.
    const other = await refusal(createTorControl({ ...controlOf(client), cookieFile: host.cookieFile }))
    expect(other).toMatchObject({ code: 'authentication-failed' })
  })
})

describe('SOCKS5 of a real tor', () => {
  it('tells its extended errors', async () => {
    const dialer = createSocks5Dialer({ proxy: socksOf(client), tor: true })
    const missing = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'
    expect(
      await refusal(dialer.dial({ network: 'name', host: missing, port: 1 }, { signal: never })),
    ).toMatchObject({ code: 'onion-descriptor-not-found', reply: 0xf0, retry: 'later' })
    const bad = `${'a'.repeat(56)}.onion`
    expect(
      await refusal(dialer.dial({ network: 'name', host: bad, port: 1 }, { signal: never })),
    ).toMatchObject({
      code: 'onion-address-invalid',
      reply: 0xf6,
      retry: 'no',
    })
  })

  it('uses two circuits for two isolated connections, and one for two that share', async () => {
    const seen: ProxiedConnection[] = []
    await using control = await createTorControl({
      ...controlOf(client),
      events: ['STREAM'],
      onEvent: (event) => {
        const connection = parseConnected(event)
        if (connection !== undefined) seen.push(connection)
        expect(parseTorEventFields(event)).toBeInstanceOf(Map)
      },
    })
    expect(control.connected).toBe(true)
    const dialTwice = async (
      isolation: 'per-connection' | 'shared',
      key?: string,
    ): Promise<ProxiedConnection[]> => {
      seen.length = 0
      const dialer = createSocks5Dialer({ proxy: socksOf(client), tor: true, isolation })
      for (let count = 1; count <= 2; count++) {
        const options = { signal: never, ...(key !== undefined && { isolation: key }) }
        const stream = await dialer.dial(toEcho(), options)
        await stream.write(Uint8Array.of(count))
        expect(await stream.read()).toEqual(Uint8Array.of(count))
        stream.abort(new Error('seen'))
        await expect.poll(() => seen.length).toBe(count)
      }
      return [...seen]
    }
    const [first, second] = await dialTwice('per-connection')
    expect(second!.username).not.toBe(first!.username)
    expect(second!.circuit).not.toBe(first!.circuit)
    // Tor may retire a circuit between two connections (a new consensus, a relay too slow): then the next
    // pair tells.
    const dialUntilShared = async (...how: Parameters<typeof dialTwice>): Promise<ProxiedConnection[]> => {
      for (let pair = 1; ; pair++) {
        const connections = await dialTwice(...how)
        if (pair === 5 || connections[0]!.circuit === connections[1]!.circuit) return connections
      }
    }
    const [third, fourth] = await dialUntilShared('shared')
    expect([third!.username, fourth!.username]).toEqual(['', ''])
    expect(fourth!.circuit).toBe(third!.circuit)
    const [attempt, redial] = await dialUntilShared('per-connection', 'one connection')
    expect(redial).toEqual(attempt)
  })

  it('carries v2 to a real bitcoind', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const dialer = createSocks5Dialer({ proxy: socksOf(client), tor: true })
    const connection = await connect(bitcoind.p2pAddress, { dialer, network: regtest })
    expect(connection.protocol).toBe('v2')
    connection.abort(new Error('seen'))
  })
})

describe('onion services of a real tor', () => {
  let control: TorControl
  beforeAll(async () => {
    control = await createTorControl(controlOf(host))
  })
  afterAll(() => control.close())

  it('our node listens on one, and another of ours takes its blocks over v2', async () => {
    const chain = new RegtestChain({
      blocks: 20,
      transactions: 2,
      startTime: Math.floor(Date.now() / 1000) - 20_000,
    })
    await using listening = await startNode(
      { services: Services.NETWORK | Services.WITNESS | Services.P2P_V2 },
      { listeners: [createTcpListener()], services: { block: (hash) => chain.byHash(hash)?.bytes } },
    )
    await listening.chain.submitHeaders(chain.headers)
    const port = Number(listening.network.listening()[0]!.split(':').at(-1))
    await using service: OnionService = await control.addOnion({
      port: 18444,
      target: { host: '127.0.0.1', port },
    })
    expect(service.proofOfWork).toBe(true)
    await dialOnion(service.address)

    const dialer = createRouter({
      proxy: createSocks5Dialer({ proxy: socksOf(client), tor: true }),
      onlyNet: ['onion'],
    })
    await using dialling = await startNode({}, { dialer })
    await dialling.network.connectPeer(service.address)
    await dialling.chain.waitForHeight(20, { timeout: 60_000 })
    expect(dialling.peers()[0]).toMatchObject({ transport: 'v2', inbound: false })
    let blocks = 0
    for await (const { block } of dialling.blocks.range({ from: 1, to: 20 })) {
      blocks += block.transactions.length > 0 ? 1 : 0
    }
    expect(blocks).toBe(20)
    expect(hashToHex(dialling.chain.tip().hash)).toBe(hashToHex(chain.tip))
    expect(listening.peers().some(({ inbound, transport }) => inbound && transport === 'v2')).toBe(true)
  })

  it('are taken down, and made again with their key', async () => {
    const options = { port: 18444, target: { host: '127.0.0.1', port: echo.port } }
    const first = await control.addOnion(options)
    expect(await control.getInfo('onions/current')).toContain(first.serviceId)
    await first.remove()
    expect(await control.getInfo('onions/current')).not.toContain(first.serviceId)
    await using again = await control.addOnion({ ...options, privateKey: first.privateKey() })
    expect(again.serviceId).toBe(first.serviceId)
    const taken = await refusal(control.addOnion({ ...options, privateKey: first.privateKey() }))
    expect(taken).toMatchObject({ code: 'control-refused', reply: 550 })
  })

  it('come back when tor has been restarted', async () => {
    const states: boolean[] = []
    await using reconnecting = await createTorControl({
      ...controlOf(host),
      onConnected: (connected) => void states.push(connected),
    })
    const service = await reconnecting.addOnion({
      port: 18444,
      target: { host: '127.0.0.1', port: echo.port },
    })
    await host.restart()
    await expect.poll(() => states, { timeout: 60_000 }).toEqual([true, false, true])
    expect(await reconnecting.getInfo('onions/current')).toContain(service.serviceId)
    await dialOnion(service.address)
  })
})

describe('the private network', () => {
  it('has no connection to anything outside of this machine', () => {
    const inodes = new Set(network.pids.flatMap(socketInodes))
    expect(inodes.size).toBeGreaterThan(10)
    const outside = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((protocol) =>
      readFileSync(`/proc/net/${protocol}`, 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => inodes.has(fields[9] ?? ''))
        .map((fields) => fields[2]!)
        .filter((remote) => !/^(0100007F|0+|0{24}0100007F|0{31}1|0{16}FFFF00000100007F):/.test(remote)),
    )
    expect(outside).toEqual([])
  })
})

/** The sockets that a process has open, by inode. */
function socketInodes(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}
