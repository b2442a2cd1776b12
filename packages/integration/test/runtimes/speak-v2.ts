import { startProcess } from '../../src/programs/start-process.ts'
import type { RegtestBitcoind } from '../../src/index.ts'

const START_TIMEOUT = 100_000

/** What the program of `v2-program.ts` found out. */
export interface V2Result {
  readonly protocol: string
  readonly sessionId: string
  readonly userAgent: string
  /** What enciphers. */
  readonly crypto: string
  /** What hashes. */
  readonly sha256: string
}

/** How bitcoind sees a connection. */
export interface V2Peer {
  readonly session_id: string
  readonly transport_protocol_type: string
}

/**
 * Runs `v2-program.ts`, built, against bitcoind. @returns what it said, and bitcoind of its peers meanwhile.
 * @param command The runtime. @param program The program's file, in whose folder it is run.
 */
export async function speakV2(
  command: readonly string[],
  program: { readonly folder: string; readonly file: string },
  bitcoind: RegtestBitcoind,
): Promise<{ readonly result: V2Result; readonly peers: readonly V2Peer[] }> {
  const { folder, file } = program
  await using running = await startProcess([...command, file, `127.0.0.1:${bitcoind.p2pPort}`], {
    cwd: folder,
  })
  const [line] = await running.waitForOutput(/^\{.*\}$/m, START_TIMEOUT)
  return { result: JSON.parse(line) as V2Result, peers: await bitcoind.rpc<V2Peer[]>('getpeerinfo') }
}
