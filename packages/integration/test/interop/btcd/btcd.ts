import { freePort } from '../../../src/index.ts'
import type { Program } from '../../../src/programs/find-program.ts'
import { btcdFlags } from '../btcd-flags.ts'
import { type ForeignNode, startForeignNode } from '../foreign-node.ts'

/** A tip as a program tells of it. */
export interface ToldTip {
  readonly height: number
  /** As people read it. */
  readonly hash: string
}

export interface BtcdOptions {
  readonly program: Program
  /** Whom it dials: `127.0.0.1:PORT`. */
  readonly connect: string
  readonly v2: boolean
  readonly keep: boolean
}

/** Starts a btcd (v0.26.2) on regtest, in an empty folder, that knows one peer. */
export async function startBtcd({ program, connect, v2, keep }: BtcdOptions): Promise<ForeignNode<ToldTip>> {
  const rpcPort = await freePort()
  return await startForeignNode<ToldTip>({
    name: 'btcd',
    program,
    rpcPort,
    keep,
    args: (folder) => [
      ...btcdFlags(folder, { connect, rpcPort, v2 }),
      `--configfile=${folder}/none`,
      '--nolisten',
    ],
    height: (rpc) => rpc.call<number>('getblockcount'),
    more: async (rpc) => ({ hash: await rpc.call<string>('getbestblockhash') }),
  })
}
