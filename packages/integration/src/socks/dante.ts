import { rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { isIntegrationError } from '../errors/integration-error.ts'
import { findProgram, type FindProgramOptions, type Program } from '../programs/find-program.ts'
import { freePort } from '../programs/free-port.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { waitForPort } from '../programs/wait-for-port.ts'
import { makeTemporaryFolder } from '../programs/usable-folder.ts'
import { DANTE } from './programs.ts'

/** The one account that the server knows. */
export const DANTE_CREDENTIALS = { username: 'alice', password: 'secret' } as const
/** Its password as crypt(3) keeps it (SHA-512, salt "sapwood"). */
const PASSWORD_HASH =
  '$6$sapwood$goJvvJgRhtr1kLESWjQP/jMlTe4axwWkIPAzTErc7v21nSl88Crp/3BE5QZlk6SzII9VMK1usQigfj32YWnio1'
/** User id of the account; nothing runs as it. */
const ACCOUNT_ID = 42_424

/** How the SOCKS5 server is started. */
export interface DanteOptions {
  /** Whether clients have to give `DANTE_CREDENTIALS`. Default: true. */
  readonly authenticated?: boolean
  /** Ports of 127.0.0.1 that no client may connect to. */
  readonly blockedPorts?: readonly number[]
  readonly find?: FindProgramOptions
}

/** A running Dante on a free port of 127.0.0.1. */
export interface Dante extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** What it has logged so far. */
  log(): string
  stop(): Promise<void>
}

/** Starts with another port, where the one that was free is taken by somebody else in between. */
const ATTEMPTS = 3

/**
 * Starts Dante, which is found or installed first. It runs as the user that we are; the account that it asks
 * for comes from files of its own (`libnss-wrapper`), not from the system.
 * @throws IntegrationError
 */
export async function startDante(options: DanteOptions = {}): Promise<Dante> {
  const program = await findProgram(DANTE, options.find)
  const folder = await makeTemporaryFolder('sapwood-dante-')
  try {
    await writeAccounts(folder)
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const configuration = join(folder, 'danted.conf')
      await writeFile(configuration, danteConfiguration(port, options))
      const running = await launch(program, folder, configuration)
      try {
        await waitForPort(running, port)
        return harness(running, port, folder)
      } catch (error) {
        await running.stop()
        const again = isIntegrationError(error) && error.code === 'process-exited' && attempt < ATTEMPTS
        if (!again) throw error
      }
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function harness(running: RunningProcess, port: number, folder: string): Dante {
  const stop = async (): Promise<void> => {
    await running.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    host: '127.0.0.1',
    port,
    log: () => running.stderr + running.stdout,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function launch(program: Program, folder: string, configuration: string): Promise<RunningProcess> {
  const wrapper = 'libnss_wrapper.so'
  // An unpacked program has its loader in front of it, which takes the wrapper as an argument.
  const command =
    program.command.length === 1
      ? [...program.command]
      : [...program.command.slice(0, -1), '--preload', wrapper, ...program.command.slice(-1)]
  return await startProcess([...command, '-f', configuration, '-p', join(folder, 'pid')], {
    environment: {
      ...program.environment,
      ...(program.command.length === 1 && { LD_PRELOAD: wrapper }),
      NSS_WRAPPER_PASSWD: join(folder, 'passwd'),
      NSS_WRAPPER_GROUP: join(folder, 'group'),
      NSS_WRAPPER_SHADOW: join(folder, 'shadow'),
    },
    removeFolder: folder,
  })
}

async function writeAccounts(folder: string): Promise<void> {
  const { username, uid, gid } = userInfo()
  const account = DANTE_CREDENTIALS.username
  await writeFile(
    join(folder, 'passwd'),
    `${username}:x:${uid}:${gid}::/:/bin/sh\n${account}:x:${ACCOUNT_ID}:${gid}::/:/bin/false\n`,
  )
  await writeFile(join(folder, 'group'), `group:x:${gid}:\n`)
  await writeFile(
    join(folder, 'shadow'),
    `${username}:*:19000:0:99999:7:::\n${account}:${PASSWORD_HASH}:19000:0:99999:7:::\n`,
    { mode: 0o600 },
  )
}

/** One statement to a line: Dante takes no other form. */
function danteConfiguration(port: number, { authenticated = true, blockedPorts = [] }: DanteOptions): string {
  const { username } = userInfo()
  const method = authenticated ? 'username' : 'none'
  const rule = (verdict: 'pass' | 'block', to: string): string =>
    [`socks ${verdict} {`, `  from: 127.0.0.0/8 to: ${to}`, '  log: connect error', '}'].join('\n')
  return [
    'logoutput: stderr',
    `internal: 127.0.0.1 port = ${port}`,
    'external: lo',
    `socksmethod: ${method}`,
    'clientmethod: none',
    `user.privileged: ${username}`,
    `user.unprivileged: ${username}`,
    'client pass {',
    '  from: 127.0.0.0/8 to: 0.0.0.0/0',
    '}',
    ...blockedPorts.map((blocked) => rule('block', `127.0.0.1/32 port = ${blocked}`)),
    rule('pass', '127.0.0.0/8'),
    rule('pass', '0.0.0.0/0'),
    '',
  ].join('\n')
}
