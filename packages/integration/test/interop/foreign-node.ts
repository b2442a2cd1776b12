import { rm } from 'node:fs/promises'
import { RpcClient, type RunningProcess, startProcess } from '../../src/index.ts'
import type { Program } from '../../src/programs/find-program.ts'
import { makeTemporaryFolder } from '../../src/programs/usable-folder.ts'
import { until } from '../../src/bitcoind/until.ts'

/** Milliseconds until a program answers calls. */
const START_TIMEOUT = 60_000

/** Characters of its output that are shown where it does not start. */
const SHOWN_OUTPUT = 2_000

/** What every program can be asked for. */
interface AtHeight {
  readonly height: number
}

/** A program of others, and what it tells of itself over RPC. */
export interface ForeignNode<S extends AtHeight> extends AsyncDisposable {
  readonly name: string
  readonly process: RunningProcess
  /** Where its data and its logs are. */
  readonly folder: string
  state(): Promise<S>
  /** @throws IntegrationError `timeout` */
  waitForHeight(height: number, timeout: number): Promise<S>
}

export interface ForeignNodeFacts<S extends AtHeight> {
  readonly name: string
  readonly program: Program
  readonly rpcPort: number
  /** Its arguments, given the folder that is its own. */
  readonly args: (folder: string) => readonly string[]
  readonly height: (rpc: RpcClient) => Promise<number>
  /** Whether it hears of new blocks by now, for one that does not while it is behind. */
  readonly isListening?: (rpc: RpcClient) => Promise<boolean>
  /** The rest of its state, beside the height. */
  readonly more: (rpc: RpcClient) => Promise<Omit<S, 'height'>>
  /** Leaves its folder where it is. */
  readonly keep: boolean
}

/** `USER:PASSWORD` that the programs are given where they want one. */
export const RPC_USER = 'sapwood'
export const RPC_PASSWORD = 'sapwood'

/** Starts a program in a folder of its own, and waits until it answers. */
export async function startForeignNode<S extends AtHeight>(
  facts: ForeignNodeFacts<S>,
): Promise<ForeignNode<S>> {
  const folder = await makeTemporaryFolder(`sapwood-${facts.name}-`)
  const command = [...facts.program.command, ...facts.args(folder)]
  const process = await startProcess(command, { environment: facts.program.environment, cwd: folder })
  const rpc = new RpcClient({
    host: '127.0.0.1',
    port: facts.rpcPort,
    credentials: `${RPC_USER}:${RPC_PASSWORD}`,
  })
  const stop = async (): Promise<void> => {
    rpc.close()
    await process.stop({ timeout: 5_000 })
    if (!facts.keep) await rm(folder, { recursive: true, force: true })
  }
  const state = async (): Promise<S> => ({ height: await facts.height(rpc), ...(await facts.more(rpc)) }) as S
  try {
    await until(`${facts.name} to answer`, START_TIMEOUT, () =>
      facts.height(rpc).then(
        () => true,
        () => false,
      ),
    )
  } catch (error) {
    await stop()
    const said = `${process.stderr}${process.stdout}`.slice(-SHOWN_OUTPUT)
    throw new Error(`${facts.name} does not answer: ${said}`, { cause: error })
  }
  return {
    name: facts.name,
    process,
    folder,
    state,
    waitForHeight: async (height, timeout) => {
      await until(
        `${facts.name} to be at ${height}`,
        timeout,
        async () => (await facts.height(rpc)) === height && (await (facts.isListening?.(rpc) ?? true)),
      )
      return await state()
    },
    [Symbol.asyncDispose]: stop,
  }
}
