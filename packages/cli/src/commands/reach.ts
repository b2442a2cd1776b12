import { createPeer } from '@sapwood/peer'
import { systemResolver } from '@sapwood/transport-v1v2/tcp'
import { formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { openConnection } from '../connecting/open-connection.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { explainFailure } from '../errors/explain-failure.ts'
import type { CommonOptions } from '../options/common-options.ts'
import { readAddress } from '../options/read-address.ts'
import { tableOf } from '../terminal/columns.ts'
import { createReport } from '../terminal/report.ts'
import { durationText } from '../terminal/units.ts'

/** Addresses of a name that are tried. */
const MAX_ADDRESSES = 16

interface Tried {
  readonly address: string
  readonly network: string
  readonly transport: 'v1' | 'v2'
  readonly reached: boolean
  readonly exitCode: ExitCode
  /** The user agent, or what went wrong. */
  readonly detail: string
  readonly milliseconds: number
}

/** Tries every address on both transports, one after the other, and says what works. */
export async function reachCommand(
  texts: readonly string[],
  options: CommonOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const report = createReport(surroundings.io, options)
  const named = texts.map((text) => readAddress(text, options.network))
  const addresses: PeerAddress[] = []
  for (const address of named) addresses.push(...(await resolved(address, options, surroundings)))
  const rows: Tried[] = []
  const { v1, v2 } = options
  for (const address of addresses) {
    for (const transport of ['v2', 'v1'] as const) {
      if ((transport === 'v1' && v2 === true) || (transport === 'v2' && v1 === true)) continue
      const { exitCode, ...tried } = await attempt(address, transport, options, surroundings)
      rows.push({ exitCode, ...tried })
      if (surroundings.signal.aborted) return EXIT.interrupted
      if (report.json) report.line({ type: 'reach', ...tried }, () => '')
    }
  }
  if (!report.json) {
    const columns = ['address', 'network', 'transport', 'reached', 'time', ''].map((head) => ({ head }))
    const cells = rows.map(({ address, network, transport, reached, milliseconds, detail }) => [
      address,
      network,
      transport,
      reached ? 'yes' : 'no',
      durationText(milliseconds),
      detail,
    ])
    surroundings.io.out(`${tableOf(columns, cells)}\n`)
  }
  return rows.find(({ reached }) => reached) === undefined
    ? (rows[0]?.exitCode ?? EXIT.unreachable)
    : EXIT.done
}

/** A name's addresses, one by one; through a proxy it stays a name. */
async function resolved(
  address: PeerAddress,
  { proxy }: CommonOptions,
  { signal }: Surroundings,
): Promise<readonly PeerAddress[]> {
  if (address.network !== 'name' || proxy !== undefined) return [address]
  const found = await systemResolver.resolve(address.host, { signal })
  return found.slice(0, MAX_ADDRESSES).map((each) => ({ ...each, port: address.port }))
}

async function attempt(
  address: PeerAddress,
  transport: 'v1' | 'v2',
  options: CommonOptions,
  surroundings: Surroundings,
): Promise<Tried> {
  const { clock, signal } = surroundings
  const started = clock.now()
  const facts = { address: formatPeerAddress(address), network: address.network, transport }
  try {
    const connection = await openConnection(
      address,
      { ...options, ...(transport === 'v1' ? { v1: true } : { v2: true }) },
      surroundings,
      () => undefined,
    )
    await using peer = createPeer(
      connection,
      { network: options.network, kind: 'manual', address, askForAddresses: false, signal },
      { clock },
    )
    const { userAgent } = await peer.handshake
    return {
      ...facts,
      reached: true,
      exitCode: EXIT.done,
      detail: userAgent,
      milliseconds: clock.now() - started,
    }
  } catch (error) {
    const { message, exitCode } = explainFailure(error)
    return { ...facts, reached: false, exitCode, detail: message, milliseconds: clock.now() - started }
  }
}
