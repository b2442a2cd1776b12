import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isIntegrationError } from '../errors/integration-error.ts'
import { findProgram, type FindProgramOptions, type Program } from '../programs/find-program.ts'
import { freePort } from '../programs/free-port.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { makeTemporaryFolder } from '../programs/usable-folder.ts'
import { waitForPort } from '../programs/wait-for-port.ts'
import { NATS_SERVER } from './programs.ts'

/** How a NATS server is started. */
export interface NatsServerOptions {
  /** Bytes of a message at most; the server's own default is 1 MiB. */
  readonly maxPayload?: number
  /** Default: true. */
  readonly jetStream?: boolean
  /** Lines of its configuration file besides, such as users or limits. */
  readonly configuration?: string
  readonly find?: FindProgramOptions
}

/** A `nats-server` on 127.0.0.1, with JetStream, and a folder of its own for what it keeps. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number
  /** `127.0.0.1:port`, as clients take it. */
  readonly address: string
  /** Ends it at once by SIGKILL, as a crash would. What it keeps is kept. */
  kill(): Promise<void>
  /** Starts it again after `kill`, on the same port and with what it has kept. */
  start(): Promise<void>
  /** Ends it, and removes what it has kept. */
  stop(): Promise<void>
}

/** Starts with another port, where the one that was free is taken by somebody else in between. */
const ATTEMPTS = 3

/** Starts one; `nats-server` is found or installed first. @throws IntegrationError */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = await findProgram(NATS_SERVER, options.find)
  const folder = await makeTemporaryFolder('sapwood-nats-')
  try {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      try {
        const start = (): Promise<RunningProcess> => launch(program, folder, port, options)
        return harness(folder, port, start, await start())
      } catch (error) {
        const again = isIntegrationError(error) && error.code === 'process-exited' && attempt < ATTEMPTS
        if (!again) throw error
      }
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function launch(
  program: Program,
  folder: string,
  port: number,
  { maxPayload, jetStream = true, configuration = '' }: NatsServerOptions,
): Promise<RunningProcess> {
  const file = join(folder, 'server.conf')
  const limit = maxPayload === undefined ? '' : `max_payload: ${maxPayload}\n`
  await writeFile(file, `${limit}${configuration}`)
  const command = [
    ...program.command,
    ...['-c', file, '-a', '127.0.0.1', '-p', String(port)],
    ...(jetStream ? ['-js', '-sd', folder] : []),
  ]
  const running = await startProcess(command, { environment: program.environment })
  try {
    await waitForPort(running, port)
    return running
  } catch (error) {
    await running.stop()
    throw error
  }
}

function harness(
  folder: string,
  port: number,
  start: () => Promise<RunningProcess>,
  first: RunningProcess,
): NatsServer {
  let running = first
  const stop = async (): Promise<void> => {
    await running.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return {
    port,
    address: `127.0.0.1:${port}`,
    kill: async () => {
      await running.kill()
    },
    start: async () => {
      running = await start()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
