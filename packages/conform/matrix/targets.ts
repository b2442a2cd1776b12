import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  findBitcoind,
  findProgram,
  freePort,
  RegtestBitcoind,
  startProcess,
  startRegtestPeer,
} from '@sapwood/integration'
import {
  diallingCases,
  listeningCases,
  openRpcDriver,
  type Report,
  runDialling,
  runListening,
} from '@sapwood/conform'
import { ALL_SERVICES } from '../test/all-services.ts'
import { buildOurNode } from './our-program.ts'

/** A program that the suite is run on, one way round. */
export interface Target {
  /** Its report's file, without its ending. */
  readonly id: string
  /** As the page calls it. */
  readonly title: string
  readonly run: () => Promise<Report>
}

/** Longest that a program may take until it listens, in milliseconds. */
const START = 60_000
/** Longest that a case waits for one thing, in milliseconds: the machine may be busy. */
const WAIT = 15_000
/**
 * Milliseconds from one connection to btcd to the next: it takes 20 handshakes of v2 a second, 40 at once at
 * the most, and ends the others before a byte of its own (btcd, `internal/inbound`).
 */
const BTCD_PACE = 60

const listens = (address: string, pace = 0): Promise<Report> =>
  runListening(listeningCases, { address, wait: WAIT, pace })
const dials = (port: number, command: readonly string[]): Promise<Report> =>
  runDialling(diallingCases, { port, command, wait: WAIT })

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    return await act(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs the suite on a program that listens, once it has said so. */
async function onProgram(
  port: number,
  command: readonly string[],
  said: RegExp,
  pace?: number,
): Promise<Report> {
  await using running = await startProcess(command)
  await running.waitForOutput(said, START)
  return await listens(`127.0.0.1:${port}`, pace)
}

/** The one target whose driver is at hand. */
async function bitcoindWith(args: readonly string[]): Promise<Report> {
  await using bitcoind = await RegtestBitcoind.start({ args })
  const cookieFile = join(bitcoind.dataFolder, 'regtest/.cookie')
  const driver = await openRpcDriver({ url: `http://127.0.0.1:${bitcoind.rpcPort}`, cookieFile })
  return await runListening(listeningCases, { address: bitcoind.p2pHostAndPort, wait: WAIT, driver })
}

async function ourNode(how: 'listen' | 'serve', ...more: readonly string[]): Promise<Report> {
  const port = await freePort()
  return await onProgram(port, [...(await buildOurNode()), how, String(port), ...more], /ready/)
}

/** Nothing of btcd's leaves the machine, and it bans nobody: all cases come from one. */
const btcdCommand = async (folder: string, ...more: readonly string[]): Promise<readonly string[]> => {
  const { command } = await findProgram({ name: 'btcd', variable: 'BTCD' }, { install: false })
  const apart = [`--datadir=${folder}`, `--logdir=${folder}`, `--configfile=${join(folder, 'none')}`]
  return [
    ...command,
    '--regtest',
    '--v2transport',
    '--norpc',
    '--nodnsseed',
    '--nobanning',
    ...apart,
    ...more,
  ]
}

const tsx = [process.execPath, '--import', 'tsx', '--conditions=@sapwood/source']
const bcoinCommand = [...tsx, join(import.meta.dirname, 'bcoin-node.ts')]

/** Everything that the suite is run on; what is not on the machine fails, and is left out of the page. */
export const targets: readonly Target[] = [
  {
    id: 'bitcoind-all',
    title: 'bitcoind, all services on',
    run: () => bitcoindWith(ALL_SERVICES),
  },
  { id: 'bitcoind', title: 'bitcoind, as it starts', run: () => bitcoindWith([]) },
  {
    id: 'bitcoind-pruned',
    title: 'bitcoind, pruned',
    run: () => bitcoindWith(['-prune=550', '-blockfilterindex=1', '-peerblockfilters=1']),
  },
  {
    id: 'embedded',
    title: 'Sapwood, the embedded peer',
    run: async () => {
      await using peer = await startRegtestPeer()
      return await listens(`127.0.0.1:${peer.port}`)
    },
  },
  { id: 'node', title: 'Sapwood, a node', run: () => ourNode('listen') },
  {
    id: 'node-serves',
    title: 'Sapwood, a node that serves',
    run: () => inFolder((folder) => ourNode('serve', folder)),
  },
  {
    id: 'btcd',
    title: 'btcd',
    run: () =>
      inFolder(async (folder) => {
        const port = await freePort()
        return await onProgram(
          port,
          await btcdCommand(folder, `--listen=127.0.0.1:${port}`),
          /Server listening/,
          BTCD_PACE,
        )
      }),
  },
  {
    id: 'bcoin',
    title: 'bcoin',
    run: async () => {
      const port = await freePort()
      return await onProgram(port, [...bcoinCommand, 'listen', String(port)], /ready/)
    },
  },
  {
    id: 'bitcoind-dials',
    title: 'bitcoind',
    run: () =>
      inFolder(async (folder) => {
        const port = await freePort()
        const { command } = await findBitcoind()
        const alone = [
          '-regtest',
          `-datadir=${folder}`,
          '-listen=0',
          '-server=0',
          '-dnsseed=0',
          '-fixedseeds=0',
        ]
        return await dials(port, [...command, ...alone, `-connect=127.0.0.1:${port}`])
      }),
  },
  {
    id: 'node-dials',
    title: 'Sapwood, a node',
    run: async () => {
      const port = await freePort()
      return await dials(port, [...(await buildOurNode()), 'dial', `127.0.0.1:${port}`])
    },
  },
  {
    id: 'btcd-dials',
    title: 'btcd',
    run: () =>
      inFolder(async (folder) => {
        const port = await freePort()
        return await dials(port, await btcdCommand(folder, '--nolisten', `--connect=127.0.0.1:${port}`))
      }),
  },
  {
    id: 'bcoin-dials',
    title: 'bcoin',
    run: async () => {
      const port = await freePort()
      return await dials(port, [...bcoinCommand, 'dial', `127.0.0.1:${port}`])
    },
  },
]
