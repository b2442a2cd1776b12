import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type OpenStore, openStore } from '@sapwood/node'
import { createSocks5Dialer } from '@sapwood/proxy'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { isIntegrationError, IntegrationError } from '../errors/integration-error.ts'
import { cacheFolder } from '../programs/cache-folder.ts'
import { makeFolder } from '../programs/usable-folder.ts'
import { startEmbeddedSocks5 } from '../socks/embedded-socks5.ts'
import { type Microsocks, startMicrosocks } from '../socks/microsocks.ts'
import { startIsolatingProxy } from '../tor/isolating-proxy.ts'
import type { MainJobOptions } from './arguments.ts'
import { connectionsTable, reportTable } from './report-table.ts'
import { DEFAULT_FLEET, fleetRun } from './fleet-run.ts'
import { bitcoindHost, embeddedHost, type RunHost } from './run-host.ts'
import { serveRun } from './serve-run.ts'
import { utreexoRun } from './utreexo-run.ts'
import { watchRun } from './watch-run.ts'
import { type SyncProgress, type SyncReport, syncRun } from './sync-run.ts'

/** Where the job's words go. */
export interface MainJobOutput {
  /** A line, or a table, of the result. */
  result(text: string): void
  /** A line about what is going on. */
  note(text: string): void
  readonly progress: SyncProgress
}

/** Username and password of the SOCKS5 server. */
const CREDENTIALS = { username: 'sapwood', password: 'regtest' }

/**
 * Runs the main job to its end.
 * @throws IntegrationError when something did not go as it had to.
 */
export async function mainJob(options: MainJobOptions, output: MainJobOutput): Promise<void> {
  if (options.utreexo) return await utreexoRun(options.blocks, output)
  if (options.fleet) {
    const { listeners = DEFAULT_FLEET.listeners, workers = DEFAULT_FLEET.workers } = options
    return await fleetRun(output, { ...DEFAULT_FLEET, listeners, workers })
  }
  const data = options.data === undefined ? join(cacheFolder(), 'main-job') : resolve(options.data)
  if (options.watch) return await watchRun({ blocks: options.blocks, folder: join(data, 'watch') }, output)
  if (options.serve) return await serveRun({ blocks: options.blocks, folder: join(data, 'serve') }, output)
  await using host = await startHost(options, data, output)
  output.note(`peer: ${host.description}`)
  if (options.proxy) {
    await Promise.race([isolatedRuns(host, output), host.failed])
    return
  }
  // The embedded peer's chain follows from its length, and so do the headers that are kept of it.
  const store = join(data, host.kind === 'embedded' ? `embedded-${options.blocks}` : host.kind, 'node')
  for (const run of [storedRun(store), fallbackRun, proxiedRun]) {
    const report = await Promise.race([run(host, output), host.failed])
    output.result(`${reportTable(report)}\n`)
  }
}

async function startHost(options: MainJobOptions, data: string, output: MainJobOutput): Promise<RunHost> {
  if (options.embedded) return await embeddedHost(options)
  try {
    const dataFolder = join(data, 'bitcoind', 'chain')
    return await bitcoindHost({ ...options, dataFolder }, { onProgress: (line) => output.note(line) })
  } catch (error) {
    if (!isIntegrationError(error) || error.code !== 'program-not-found') throw error
    output.note(
      `${error.message}\nNo bitcoind can be had, so this runs against the embedded peer (as with --embedded).`,
    )
    return await embeddedHost(options)
  }
}

type Run = (host: RunHost, output: MainJobOutput) => Promise<SyncReport>

/** Directly over v2, with a store on disk: what an earlier start has left there is not asked for again. */
function storedRun(folder: string): Run {
  return async (host, output) => {
    const target = await host.target('v2')
    // Headers of a chain that is gone, and longer than the new one, would be held to: they carry more work.
    if (host.isNewChain) await rm(folder, { recursive: true, force: true })
    await makeFolder(folder, 'give --data a folder that can be written')
    await using store: OpenStore = await openStore(folder)
    return await syncRun(
      { title: 'v2, direct', target, expected: 'v2', dialer: createTcpDialer(), store, storeFolder: folder },
      output.progress,
    )
  }
}

const fallbackRun: Run = async (host, output) => {
  const target = await host.target('v1')
  return await syncRun(
    { title: 'v1, falling back from v2', target, expected: 'v1', dialer: createTcpDialer() },
    output.progress,
  )
}

const proxiedRun: Run = async (host, output) => {
  const target = await host.target('v2')
  await using server = await startSocksServer(host, output)
  const proxy = { host: server.host, port: server.port }
  const dialer = createSocks5Dialer({ proxy, auth: CREDENTIALS })
  const title = `v2, through SOCKS5 (${server.name})`
  const report = await syncRun({ title, target, expected: 'v2', dialer }, output.progress)
  if (server.connections().length > 0) return report
  throw new IntegrationError('check-failed', 'the SOCKS5 server has seen no connection')
}

type SocksServer = Pick<Microsocks, 'host' | 'port'> &
  AsyncDisposable & { readonly name: string; connections(): readonly unknown[] }

/** `microsocks`; one in this process beside the embedded peer, and where no other can be had. */
async function startSocksServer(host: RunHost, output: MainJobOutput): Promise<SocksServer> {
  if (host.kind === 'bitcoind') {
    try {
      return Object.assign(await startMicrosocks(CREDENTIALS), { name: 'microsocks' })
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'program-not-found') throw error
      output.note(`${error.message}\nNo microsocks can be had, so the SOCKS5 server of this process is used.`)
    }
  }
  return Object.assign(await startEmbeddedSocks5({ auth: CREDENTIALS }), { name: 'in this process' })
}

/** Both transports through Tor: each connection with credentials of its own, which the redial in v1 keeps. */
async function isolatedRuns(host: RunHost, output: MainJobOutput): Promise<void> {
  output.note('starting a private Tor network on this machine')
  await using proxy = await startIsolatingProxy({ find: { onProgress: (line) => output.note(line) } })
  for (const protocol of ['v2', 'v1'] as const) {
    const title = `${protocol}, through Tor${protocol === 'v1' ? ', falling back from v2' : ''}`
    const target = await host.target(protocol)
    const { dialer } = proxy
    const report = await syncRun({ title, target, expected: protocol, dialer }, output.progress)
    output.result(`${reportTable(report)}\n`)
  }
  const connections = proxy.connections()
  output.result(`${connectionsTable(connections)}\n`)
  const credentials = new Set(connections.map(({ username, password }) => `${username}:${password}`))
  if (credentials.size >= 2 && connections.every(({ username }) => username !== '')) return
  throw new IntegrationError('check-failed', 'the SOCKS5 server has not seen two different credentials')
}
