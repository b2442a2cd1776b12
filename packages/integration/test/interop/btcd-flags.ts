import { RPC_PASSWORD, RPC_USER } from './foreign-node.ts'

/** What the programs of btcd's family, utreexod among them, are all told on regtest. */
export function btcdFlags(
  folder: string,
  { connect, rpcPort, v2 }: { readonly connect: string; readonly rpcPort: number; readonly v2: boolean },
): string[] {
  return [
    '--regtest',
    `--datadir=${folder}/data`,
    `--logdir=${folder}/log`,
    `--connect=${connect}`,
    '--nodnsseed',
    `--rpcuser=${RPC_USER}`,
    `--rpcpass=${RPC_PASSWORD}`,
    `--rpclisten=127.0.0.1:${rpcPort}`,
    '--notls',
    '--debuglevel=debug',
    ...(v2 ? ['--v2transport'] : []),
  ]
}
