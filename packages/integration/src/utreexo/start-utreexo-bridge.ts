import { type NetworkAddress, parsePeerAddress, regtest } from '@sapwood/wire-codec'
import {
  createMemoryStore,
  createNode,
  createTcpListener,
  type KeyValueStore,
  type NodeHandle,
} from '@sapwood/node'
import { createUtreexoBridge, type UtreexoBridge } from '@sapwood/node/utreexo-bridge'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import type { RegtestBitcoind } from '../bitcoind/regtest-bitcoind.ts'
import { type BendProof, bendingNode } from './bending-node.ts'

/** Whose blocks a bridge proves, and how it is reached. */
export interface StartUtreexoBridgeOptions {
  /** Whose chain it proves, or where that is reached: `127.0.0.1:18444`. */
  readonly bitcoind: RegtestBitcoind | NetworkAddress | string
  /** Port of 127.0.0.1 that it listens on, v1 and v2. Default: a free one. */
  readonly port?: number
  /** What it keeps from one start to the next. Default: nothing. */
  readonly store?: KeyValueStore
  /**
   * What it sends for each proof, to see what your software does with a bridge that lies (`bentProofs` of
   * `@sapwood/utreexo/testing` has a way for each field), is silent, or is slow. Default: the proof.
   */
  readonly bend?: BendProof
  /** Default: silent. */
  readonly logger?: Logger
}

/** A bridge that others connect to. */
export interface RunningUtreexoBridge extends AsyncDisposable {
  readonly address: NetworkAddress
  readonly port: number
  /** Where it is reached, as text: `127.0.0.1:PORT`. */
  readonly hostAndPort: string
  readonly node: NodeHandle
  readonly bridge: UtreexoBridge
  stop(): Promise<void>
}

/**
 * Starts a Utreexo bridge on a regtest bitcoind, for tests of software that speaks Utreexo: it serves blocks,
 * headers, proofs and roots from 127.0.0.1, and reaches nobody but that bitcoind.
 * @returns once all blocks that the bitcoind has are proved, where it is one of the harness; else once it
 * listens. What is mined later follows by itself: `bridge.waitForHeight`.
 */
export async function startUtreexoBridge({
  bitcoind,
  port = 0,
  store,
  bend,
  logger,
}: StartUtreexoBridgeOptions): Promise<RunningUtreexoBridge> {
  const harness = typeof bitcoind === 'object' && 'rpc' in bitcoind ? bitcoind : undefined
  const upstream = harness?.p2pAddress ?? (bitcoind as NetworkAddress | string)
  const told = logger === undefined ? {} : { logger }
  const node = await createNode(
    { network: regtest, connect: [upstream], dnsSeeds: false, fixedSeeds: false },
    {
      ...told,
      ...(store !== undefined && { store }),
      listeners: [createTcpListener({ host: '127.0.0.1', port })],
    },
  )
  const own = store === undefined ? createMemoryStore() : undefined
  let bridge: UtreexoBridge | undefined
  const stop = async (): Promise<void> => {
    await bridge?.stop()
    await node.stop()
    await own?.close()
  }
  try {
    bridge = await createUtreexoBridge(bend === undefined ? node : bendingNode(node, bend), {
      ...told,
      store: store ?? own!,
    })
    if (harness !== undefined) await bridge.waitForHeight(await harness.rpc<number>('getblockcount'))
  } catch (error) {
    await stop()
    throw error
  }
  const hostAndPort = node.network.listening()[0]!
  const address = parsePeerAddress(hostAndPort, { defaultPort: regtest.defaultPort }) as NetworkAddress
  return { address, port: address.port, hostAndPort, node, bridge, stop, [Symbol.asyncDispose]: stop }
}
