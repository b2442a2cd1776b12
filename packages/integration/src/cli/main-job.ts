import { createSocks5Dialer } from '@sapwood/proxy'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { IntegrationError } from '../errors/integration-error.ts'
import { startMicrosocks } from '../socks/microsocks.ts'
import { startIsolatingProxy } from '../tor/isolating-proxy.ts'
import type { MainJobOptions } from './arguments.ts'
import { connectionsTable, reportTable } from './report-table.ts'
import { bitcoindHost, embeddedHost, type RunHost } from './run-host.ts'
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
  await using host = await startHost(options, output)
  output.note(`peer: ${host.description}, ${options.blocks} blocks`)
  if (options.proxy) {
    await Promise.race([isolatedRuns(host, output), host.failed])
    return
  }
  const runs = [directRun('v2'), directRun('v1'), proxiedRun]
  for (const run of runs) {
    const report = await Promise.race([run(host, output), host.failed])
    output.result(`${reportTable(report)}\n`)
  }
}

async function startHost(options: MainJobOptions, output: MainJobOutput): Promise<RunHost> {
  if (options.embedded) return await embeddedHost(options)
  try {
    return await bitcoindHost(options, { onProgress: (line) => output.note(line) })
  } catch (error) {
    if (!(error instanceof IntegrationError) || error.code !== 'program-not-found') throw error
    output.note(
      `${error.message}\nNo bitcoind can be had, so this runs against the embedded peer (as with --embedded).`,
    )
    return await embeddedHost(options)
  }
}

type Run = (host: RunHost, output: MainJobOutput) => Promise<SyncReport>

function directRun(protocol: 'v1' | 'v2'): Run {
  const title = protocol === 'v2' ? 'v2, direct' : 'v1, falling back from v2'
  return async (host, output) => {
    const target = await host.target(protocol)
    return await syncRun({ title, target, expected: protocol, dialer: createTcpDialer() }, output.progress)
  }
}

const proxiedRun: Run = async (host, output) => {
  const target = await host.target('v2')
  await using server = await startMicrosocks(CREDENTIALS)
  const proxy = { host: server.host, port: server.port }
  const dialer = createSocks5Dialer({ proxy, auth: CREDENTIALS })
  const report = await syncRun(
    { title: 'v2, through SOCKS5', target, expected: 'v2', dialer },
    output.progress,
  )
  if (server.connections().length === 0) {
    throw new IntegrationError('check-failed', 'the SOCKS5 server has seen no connection')
  }
  return report
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
