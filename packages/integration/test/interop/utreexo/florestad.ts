import { freePort } from '../../../src/index.ts'
import type { Program } from '../../../src/programs/find-program.ts'
import { type ForeignNode, startForeignNode } from '../foreign-node.ts'
import type { ToldState } from './told-state.ts'

export interface FlorestadOptions {
  readonly program: Program
  /** Whom it dials: `127.0.0.1:PORT`. It speaks v2, and v1 where that does not come about. */
  readonly connect: string
  readonly keep: boolean
}

interface ChainInfo {
  readonly blocks: number
  readonly initialblockdownload: boolean
}

/** Starts a florestad (0.9.0) on regtest, which validates scripts too. */
export async function startFlorestad({
  program,
  connect,
  keep,
}: FlorestadOptions): Promise<ForeignNode<ToldState>> {
  const [rpcPort, electrumPort] = [await freePort(), await freePort()]
  return await startForeignNode<ToldState>({
    name: 'florestad',
    program,
    rpcPort,
    keep,
    args: (folder) => [
      '--network=regtest',
      `--data-dir=${folder}`,
      `--connect=${connect}`,
      '--allow-v1-fallback',
      '--disable-dns-seeds',
      '--no-cfilters',
      '--no-backfill',
      '--assume-valid=0',
      `--rpc-address=127.0.0.1:${rpcPort}`,
      `--electrum-address=127.0.0.1:${electrumPort}`,
      '--debug',
    ],
    height: async (rpc) => (await rpc.call<ChainInfo>('getblockchaininfo')).blocks,
    // Until its first download is over, by the tick of a timer of its own, it drops what is announced.
    isListening: async (rpc) => !(await rpc.call<ChainInfo>('getblockchaininfo')).initialblockdownload,
    more: async (rpc) => ({ roots: await rpc.call<readonly string[]>('getroots') }),
  })
}
