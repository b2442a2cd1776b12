import { isIntegrationError } from '../errors/integration-error.ts'
import { findProgram, type FindProgramOptions } from '../programs/find-program.ts'
import { freePort } from '../programs/free-port.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { waitForPort } from '../programs/wait-for-port.ts'
import { MICROSOCKS } from './programs.ts'

/** How the SOCKS5 server is started. */
export interface MicrosocksOptions {
  /** With `password`: what clients have to give. Without: anybody may connect. */
  readonly username?: string
  readonly password?: string
  readonly find?: FindProgramOptions
}

/** A running `microsocks` on a free port of 127.0.0.1. */
export interface Microsocks extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** `host:port` of each target that it has connected a client to, in order, as its log names them. */
  connections(): readonly string[]
  stop(): Promise<void>
}

/** Starts with another port, where the one that was free is taken by somebody else in between. */
const ATTEMPTS = 3

/**
 * Starts `microsocks`, which is found or installed first.
 * @throws IntegrationError
 */
export async function startMicrosocks(options: MicrosocksOptions = {}): Promise<Microsocks> {
  const program = await findProgram(MICROSOCKS, options.find)
  const { username, password } = options
  const login = username === undefined || password === undefined ? [] : ['-u', username, '-P', password]
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const command = [...program.command, '-i', '127.0.0.1', '-p', String(port), ...login]
    const running = await startProcess(command, { environment: program.environment })
    try {
      await waitForPort(running, port)
      return harness(running, port)
    } catch (error) {
      await running.stop()
      const again = isIntegrationError(error) && error.code === 'process-exited' && attempt < ATTEMPTS
      if (!again) throw error
    }
  }
}

function harness(running: RunningProcess, port: number): Microsocks {
  const stop = async (): Promise<void> => {
    await running.stop()
  }
  return {
    host: '127.0.0.1',
    port,
    connections: () =>
      [...running.stderr.matchAll(/connected to (\S+)/g)].flatMap(([, target]) => target ?? []),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
