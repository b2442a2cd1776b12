import { freePort, type RpcClient } from '../../../src/index.ts'
import type { Program } from '../../../src/programs/find-program.ts'
import { btcdFlags } from '../btcd-flags.ts'
import { type ForeignNode, startForeignNode } from '../foreign-node.ts'
import type { ToldState } from './told-state.ts'

export interface UtreexodOptions {
  readonly program: Program
  /** It makes and serves proofs; else it keeps no coins, and asks for them. */
  readonly role: 'bridge' | 'client'
  /** Whom it dials: `127.0.0.1:PORT`. */
  readonly connect: string
  readonly v2: boolean
  readonly keep: boolean
}

/** A utreexod on regtest, and where it listens. */
export interface Utreexod extends ForeignNode<ToldState> {
  readonly hostAndPort: string
}

/** Starts a utreexod (v0.6.0) in a fresh folder: on an old one of regtest its roots would be wrong. */
export async function startUtreexod({
  program,
  role,
  connect,
  v2,
  keep,
}: UtreexodOptions): Promise<Utreexod> {
  const [port, rpcPort] = [await freePort(), await freePort()]
  const hostAndPort = `127.0.0.1:${port}`
  const node = await startForeignNode<ToldState>({
    name: `utreexod-${role}`,
    program,
    rpcPort,
    keep,
    args: (folder) => [
      ...btcdFlags(folder, { connect, rpcPort, v2 }),
      // A `--connect` ends the listening that is not asked for.
      `--listen=${hostAndPort}`,
      '--blocksonly',
      '--nobanning',
      '--nobdkwallet',
      ...(role === 'bridge' ? ['--flatutreexoproofindex', '--prune=0'] : ['--noassumeutreexo']),
    ],
    height: (rpc) => rpc.call<number>('getblockcount'),
    more: async (rpc) => ({ roots: await rootsAtTip(rpc) }),
  })
  return { ...node, hostAndPort }
}

async function rootsAtTip(rpc: RpcClient): Promise<readonly string[]> {
  const hash = await rpc.call<string>('getbestblockhash')
  const { roots } = await rpc.call<{ readonly roots: readonly string[] }>('getutreexoroots', hash)
  return roots
}
