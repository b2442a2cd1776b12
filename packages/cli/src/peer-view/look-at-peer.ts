import { createPeer, type DisconnectReport, isPeerError, type Peer, type PeerVersion } from '@sapwood/peer'
import { type Connection, isTransportError } from '@sapwood/transport-v1v2'
import {
  blockHash,
  bytesEqual,
  decodeIp16,
  formatPeerAddress,
  hasProofOfWork,
  type PeerAddress,
  serviceNames,
  type VersionAddress,
} from '@sapwood/wire-codec'
import { explainFailure, ofDisconnect } from '../errors/explain-failure.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { openConnection } from '../connecting/open-connection.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { describeDisconnect } from '../messages/describe-disconnect.ts'
import { servicesHex } from '../messages/services-hex.ts'
import type { CommonOptions } from '../options/common-options.ts'
import type { PeerStep, WatchedMessage } from './peer-step.ts'

/** How often the round trip is measured. */
const PINGS = 3
/** Addresses that are shown of those that it gives. */
const SAMPLE = 3

/** What is looked at besides what every connection shows. */
export interface LookOptions extends CommonOptions {
  /** Milliseconds in which a peer that does not say that it has nothing may answer. */
  readonly wait: number
  /** Whether it is asked for addresses. */
  readonly addresses: boolean
  /** Stays, and is told of every message, until the signal. */
  readonly watch?: (message: WatchedMessage) => void
}

/**
 * Opens a connection, looks at everything that a peer shows, and ends it.
 * @returns what the process ends with. Whatever goes wrong is told as a step; nothing is thrown.
 */
export async function lookAtPeer(
  address: PeerAddress,
  options: LookOptions,
  surroundings: Surroundings,
  tell: (step: PeerStep) => void,
): Promise<ExitCode> {
  const { clock, signal } = surroundings
  const started = clock.now()
  let peer: Peer | undefined
  try {
    const connection = await openConnection(address, options, surroundings, tell)
    peer = createPeer(
      connection,
      {
        network: options.network,
        kind: 'manual',
        address,
        askForAddresses: false,
        timeouts: { handshake: options.timeout },
        signal,
      },
      { clock },
    )
    const { watch } = options
    if (watch !== undefined) peer.events.on('trace', (trace) => watch(trace))
    await look(peer, connection, options, surroundings, tell)
    if (watch !== undefined) await peer.closed
    const report = await peer.disconnect({ detail: '' })
    tell(endStep(report, clock.now() - started))
    if (signal.aborted) return EXIT.interrupted
    return report.reason.code === 'requested' ? EXIT.done : ofDisconnect(report.reason)
  } catch (error) {
    const report = await peer?.disconnect()
    const milliseconds = clock.now() - started
    if (report !== undefined && isPeerError(error) && error.code === 'disconnected') {
      tell(endStep(report, milliseconds))
      return signal.aborted ? EXIT.interrupted : ofDisconnect(report.reason)
    }
    if (signal.aborted) return EXIT.interrupted
    const { message, exitCode, code } = explainFailure(error)
    const all = isTransportError(error) && (error.attempts?.length ?? 0) > 1 ? allAttempts(error) : message
    tell({ step: 'failed', ...(code !== undefined && { code }), message: all, milliseconds })
    return exitCode
  }
}

/** Of each attempt its protocol and its end. */
function allAttempts({ attempts = [] }: { readonly attempts?: Connection['attempts'] }): string {
  return attempts.map(({ protocol, error }) => `${protocol}: ${error?.message ?? 'done'}`).join('; ')
}

async function look(
  peer: Peer,
  connection: Connection,
  options: LookOptions,
  { clock, signal }: Surroundings,
  tell: (step: PeerStep) => void,
): Promise<void> {
  let started = clock.now()
  const said = new Set<string>()
  peer.events.on('trace', ({ direction, command }) => {
    if (direction === 'received') said.add(command)
  })
  const version = await peer.handshake
  tell(versionStep(version, clock.now() - started))
  for (let ping = 0; ping < PINGS; ping++) {
    const { roundTrip } = await peer.ping({ timeout: options.timeout, signal })
    tell({ step: 'ping', milliseconds: roundTrip })
  }
  // Whatever it says of itself has come by now: it stood before its first answer.
  const info = peer.info()
  tell({
    step: 'features',
    wtxidRelay: version.wtxidRelay,
    addrv2: version.addrv2,
    sendHeaders: info.prefersHeaders,
    compactBlocks: said.has('sendcmpct'),
    features: [...version.features.keys()],
    feeFilter: info.minimumFeeFilter.toString(),
  })
  started = clock.now()
  const { network, wait } = options
  const headers = await orNothing(
    peer.getHeaders({ locator: [network.genesisHash] }, { timeout: wait, signal }),
  )
  const [first] = headers ?? []
  tell({
    step: 'headers',
    ...(headers !== undefined && { count: headers.length }),
    ...(first !== undefined && {
      ourChain:
        bytesEqual(first.previousBlockHash, blockHash(network.genesis)) && hasProofOfWork(first, network),
    }),
    milliseconds: clock.now() - started,
  })
  if (!options.addresses) return
  started = clock.now()
  const addresses = await orNothing(peer.getAddresses({ timeout: wait, signal }))
  const byNetwork: Record<string, number> = {}
  for (const { address } of addresses ?? []) {
    byNetwork[address.network] = (byNetwork[address.network] ?? 0) + 1
  }
  tell({
    step: 'addresses',
    ...(addresses !== undefined && { count: addresses.length }),
    byNetwork,
    sample: (addresses ?? []).slice(0, SAMPLE).map(({ address }) => formatPeerAddress(address)),
    milliseconds: clock.now() - started,
  })
}

/** Silence is an answer to what a peer need not answer; that it is gone is not. */
async function orNothing<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply
  } catch (error) {
    if (isPeerError(error) && error.code === 'timeout') return undefined
    throw error
  }
}

function versionStep(version: PeerVersion, milliseconds: number): PeerStep {
  const { services, userAgent, commonVersion, startHeight, relay, timeOffset } = version
  return {
    step: 'version',
    userAgent,
    version: version.version,
    commonVersion,
    services: servicesHex(services),
    servicesNames: serviceNames(services),
    startHeight,
    relay,
    timeOffset,
    seenAs: seenAsText(version.seenAs),
    milliseconds,
  }
}

function seenAsText({ ip, port }: VersionAddress): string {
  const address = decodeIp16(ip, port)
  // All zeros is what Core says to those that it did not dial, or that hide.
  return address === 'skip' || ip.every((byte) => byte === 0) ? 'nobody' : formatPeerAddress(address)
}

function endStep({ reason, stats }: DisconnectReport, milliseconds: number): PeerStep {
  return {
    step: 'end',
    code: reason.code,
    reason: describeDisconnect(reason),
    bytesSent: stats.bytesSent,
    bytesReceived: stats.bytesReceived,
    messagesSent: stats.messagesSent,
    messagesReceived: stats.messagesReceived,
    milliseconds,
  }
}
