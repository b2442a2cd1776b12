import { join } from 'node:path'
import { createNode, createTcpListener, type NodeHandle, openStore } from '@sapwood/node'
import { DEFAULT_USER_AGENT } from '@sapwood/peer'
import { publishZmq } from '@sapwood/publish/zmq'
import { createChainIndex, openBlockStore, serveChain } from '@sapwood/storage'
import { eagerFallback, onlyV1 } from '@sapwood/transport-v1v2'
import type { UtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { DAY, systemRandom } from '@sapwood/transport-v1v2/environment'
import type { Surroundings } from '../connecting/surroundings.ts'
import { createMetrics } from '../metrics/prometheus.ts'
import { createCredentials, removeCookie, writeCookie } from '../rpc/credentials.ts'
import { listenHttp } from '../rpc/default-http-server.ts'
import { answerRpc } from '../rpc/json-rpc.ts'
import type { RpcContext } from '../rpc/rpc-context.ts'
import { countTraffic } from '../rpc/traffic.ts'
import { logEvents } from './log-events.ts'
import type { JsonLog } from './json-log.ts'
import type { NodeSettings } from './node-settings.ts'
import { StartedParts } from './started-parts.ts'

/** A node that runs, with all that was started beside it. */
interface RunningNode extends AsyncDisposable {
  readonly node: NodeHandle
  /** Where it answers, as text; nowhere where it does not. */
  readonly rpcAddress: string | undefined
  readonly traffic: RpcContext['traffic']
}

/** Starts everything that the settings ask for; what was started is ended again where the rest fails. */
export async function startNode(
  settings: NodeSettings,
  { clock, signal }: Surroundings,
  log: JsonLog,
  stop: () => void,
): Promise<RunningNode> {
  const started = new StartedParts()
  try {
    return await startParts(settings, { clock, signal }, log, stop, started)
  } catch (error) {
    await started[Symbol.asyncDispose]().catch(() => undefined)
    throw error
  }
}

async function startParts(
  settings: NodeSettings,
  { clock, signal }: Pick<Surroundings, 'clock' | 'signal'>,
  log: JsonLog,
  stop: () => void,
  started: StartedParts,
): Promise<RunningNode> {
  const { network, folder, keep } = settings
  const store = started.use(await openStore(join(folder, 'node')))
  const blockStore = started.use(await openBlockStore(join(folder, 'blocks'), { network, keep }))
  const metrics = createMetrics()
  const node = started.use(
    await createNode(nodeOptions(settings), {
      clock,
      logger: log,
      store,
      blockStore,
      metrics: metrics.collectors,
      listeners: settings.listen.map((at) =>
        createTcpListener({
          ...at,
          ...(settings.externalIp !== undefined && { announce: settings.externalIp }),
        }),
      ),
    }),
  )
  logEvents(node, log)
  const traffic = countTraffic(node)
  const index = settings.filterIndex
    ? started.use(await createChainIndex(node, { store, clock, logger: log }, { network }))
    : undefined
  started.use(
    serveChain(
      node,
      { blockStore, clock, ...(index !== undefined && settings.serveFilters && { index }) },
      { network, ...(settings.uploadTarget !== undefined && { uploadTarget: settings.uploadTarget }) },
    ),
  )
  if (settings.utreexoBridge) {
    const { createUtreexoBridge } = await import('@sapwood/node/utreexo-bridge')
    // Blocks are served out of the folder that has them anyway.
    const options = { network, keepBlocks: false }
    const bridge = started.use(await createUtreexoBridge(node, { store, clock, logger: log }, options))
    tellCaughtUp(node, bridge, log, signal)
  }
  const { rpc, zmq } = settings
  if (zmq.length > 0) started.use(await publishZmq(node, { notifiers: zmq }, { logger: log }))
  let rpcAddress: string | undefined
  if (rpc !== undefined) {
    const context: RpcContext = {
      node,
      network,
      clock,
      traffic,
      signal,
      pruned: keep !== 'all',
      asksForFilters: true,
      proxies: settings.proxies,
      debugLog: log,
      stop,
      ...(index !== undefined && { index }),
    }
    const cookie = await writeCookie(folder, systemRandom)
    started.defer(() => removeCookie(folder))
    const server = await listenHttp(rpc, {
      calls: {
        credentials: createCredentials([cookie, ...rpc.passwords]),
        rpc: (body, gone) => answerRpc(body, { ...context, signal: AbortSignal.any([signal, gone]) }),
      },
      ...(settings.metrics && { metrics: () => metrics.text() }),
    })
    started.defer(() => server.close())
    rpcAddress = `${server.host}:${server.port}`
    log.info({ address: rpcAddress }, 'JSON-RPC is answered')
  }
  return { node, rpcAddress, traffic, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() }
}

/** Says once that there is a proof of each block; it may be long until then. */
function tellCaughtUp(node: NodeHandle, bridge: UtreexoBridge, log: JsonLog, signal: AbortSignal): void {
  const patience = { signal, timeout: DAY }
  node.chain
    .waitForSync(patience)
    .then(() => bridge.waitForHeight(node.chain.tip().height, patience))
    .then(() => log.info({ height: bridge.info().tip.height }, 'the bridge has a proof of each block'))
    .catch(() => undefined)
}

function nodeOptions(settings: NodeSettings): Parameters<typeof createNode>[0] {
  const { connect, addNodes, userAgentComments } = settings
  const comments = userAgentComments.length === 0 ? '' : `(${userAgentComments.join('; ')})`
  return {
    network: settings.network,
    ...settings.reach,
    fallback: settings.v2 ? eagerFallback : onlyV1,
    ...(connect !== undefined && { connect }),
    addPeers: addNodes,
    seedNodes: settings.seedNodes,
    ...(!settings.dnsSeed && { dnsSeeds: false }),
    fixedSeeds: settings.fixedSeeds,
    networkActive: settings.networkActive,
    slots: settings.slots,
    relayTransactions: !settings.blocksOnly,
    filters: true,
    utreexo: settings.utreexo,
    ...(comments !== '' && { userAgent: DEFAULT_USER_AGENT.replace(/\/$/, `${comments}/`) }),
  }
}
