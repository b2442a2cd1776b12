import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, type FindProgramOptions, type ProgramSpec } from '../programs/find-program.ts'
import { freePort } from '../programs/free-port.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { waitForPort } from '../programs/wait-for-port.ts'
import { makeTemporaryFolder } from '../programs/usable-folder.ts'

/** The I2P router in C++. */
export const I2PD: ProgramSpec = {
  name: 'i2pd',
  variable: 'I2PD',
  debian: { packages: ['i2pd'], executable: 'usr/sbin/i2pd' },
}

/** Network id that no router of the real network (2) talks to. */
const PRIVATE_NETWORK = 99

/**
 * An `i2pd` with its SAM bridge on 127.0.0.1 and no network at all: it knows no other router and has nobody
 * to ask for one. What needs tunnels (a session, a stream) never comes about; the rest of SAM it answers.
 */
export interface TestingI2pRouter extends AsyncDisposable {
  readonly host: string
  readonly samPort: number
  readonly pid: number
  /** Ends it and starts it again on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts one; `i2pd` is found or installed first. @throws IntegrationError */
export async function startTestingI2pRouter(
  options: { readonly find?: FindProgramOptions } = {},
): Promise<TestingI2pRouter> {
  const program = await findProgram(I2PD, options.find)
  const folder = await makeTemporaryFolder('sapwood-i2p-')
  const samPort = await freePort()
  const settings = {
    log: 'stdout',
    loglevel: 'warn',
    host: '127.0.0.1',
    address4: '127.0.0.1',
    ipv6: false,
    nat: false,
    notransit: true,
    ssu: false,
    // It does not start without any transport; this one finds nobody to talk to.
    'ntcp2.enabled': true,
    'ntcp2.published': false,
    port: await freePort(),
    netid: PRIVATE_NETWORK,
    'ssu2.enabled': false,
    'http.enabled': false,
    'httpproxy.enabled': false,
    'socksproxy.enabled': false,
    'bob.enabled': false,
    'i2cp.enabled': false,
    'i2pcontrol.enabled': false,
    'upnp.enabled': false,
    'nettime.enabled': false,
    'addressbook.enabled': false,
    'reseed.threshold': 0,
    'reseed.urls': '',
    'reseed.yggurls': '',
    'sam.enabled': true,
    'sam.address': '127.0.0.1',
    'sam.port': samPort,
  }
  const configuration = join(folder, 'i2pd.conf')
  await writeFile(
    configuration,
    Object.entries(settings)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  )
  const command = [...program.command, `--conf=${configuration}`, `--datadir=${folder}`]
  command.push(`--tunconf=${join(folder, 'tunnels.conf')}`, `--pidfile=${join(folder, 'pid')}`)
  const start = async (): Promise<RunningProcess> => {
    const process = await startProcess(command, { environment: program.environment, removeFolder: folder })
    try {
      await waitForPort(process, samPort)
      return process
    } catch (error) {
      await process.stop()
      throw error
    }
  }
  let running = await start()
  const stop = async (): Promise<void> => {
    await running.kill()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    host: '127.0.0.1',
    samPort,
    get pid() {
      return running.pid
    },
    restart: async () => {
      await running.kill()
      running = await start()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
