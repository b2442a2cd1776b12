import { join } from 'node:path'
import type { Network } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { CHAINS } from '../options/chain-folders.ts'
import { defaultDataFolder } from '../options/default-data-folder.ts'
import { callNode, type RpcTarget } from '../rpc/rpc-client.ts'
import type { OutputOptions } from '../options/common-options.ts'
import { createReport } from '../terminal/report.ts'
import { tableOf } from '../terminal/columns.ts'
import { printableJson, printableLines } from '../terminal/printable.ts'

/** What is told to a command that asks a node of ours. */
export interface RpcOptions extends Pick<OutputOptions, 'json'> {
  readonly network: Network
  readonly datadir?: string
  readonly rpcconnect: string
  readonly rpcport?: number
}

/** Calls one method of a node that runs, and prints what it gives as `bitcoin-cli` does. */
export async function rpcCommand(
  method: string,
  params: readonly string[],
  options: RpcOptions,
  { io, signal }: Surroundings,
): Promise<ExitCode> {
  const result = await callNode(targetOf(options), method, params.map(asJson), signal)
  if (options.json) {
    createReport(io, { ...options, quiet: false }).line({ type: 'result', method, result }, () => '')
  } else if (typeof result === 'string') io.out(`${printableLines(result)}\n`)
  else if (result !== null)
    io.out(`${JSON.stringify(result, null, 2).split('\n').map(printableJson).join('\n')}\n`)
  return EXIT.done
}

/** The peers of a node that runs, in a table. */
export async function netinfoCommand(options: RpcOptions, { io, signal }: Surroundings): Promise<ExitCode> {
  const target = targetOf(options)
  const network = (await callNode(target, 'getnetworkinfo', [], signal)) as NetworkInfo
  const peers = (await callNode(target, 'getpeerinfo', [], signal)) as readonly PeerInfo[]
  if (options.json) {
    const report = createReport(io, { ...options, quiet: false })
    report.line({ type: 'netinfo', ...network }, () => '')
    for (const peer of peers) report.line({ type: 'netpeer', ...peer }, () => '')
    return EXIT.done
  }
  const rows = peers.map((peer) => [
    peer.inbound ? 'in' : 'out',
    peer.connection_type,
    peer.network,
    peer.transport_protocol_type,
    peer.minping === undefined ? '' : String(Math.round(peer.minping * 1_000)),
    String(peer.bytessent),
    String(peer.bytesrecv),
    String(peer.id),
    peer.addr,
    `${peer.version}${peer.subver}`,
  ])
  const heads = ['<->', 'type', 'net', 'v', 'ping ms', 'sent', 'received', 'id', 'address', 'version']
  io.out(
    `${printableLines(network.subversion)}, ${network.connections} connections: ${network.connections_in} in, ${network.connections_out} out\n`,
  )
  io.out(
    `${tableOf(
      heads.map((head) => ({ head })),
      rows,
    )}\n`,
  )
  return EXIT.done
}

interface NetworkInfo {
  readonly subversion: string
  readonly connections: number
  readonly connections_in: number
  readonly connections_out: number
}

interface PeerInfo {
  readonly id: number
  readonly addr: string
  readonly network: string
  readonly inbound: boolean
  readonly connection_type: string
  readonly transport_protocol_type: string
  readonly minping?: number
  readonly bytessent: number
  readonly bytesrecv: number
  readonly version: number
  readonly subver: string
}

function targetOf({ network, datadir, rpcconnect, rpcport }: RpcOptions): RpcTarget {
  const chain = CHAINS[network.name]
  return {
    host: rpcconnect,
    port: rpcport ?? chain.rpcPort,
    folder: join(datadir ?? defaultDataFolder(), chain.folder),
  }
}

/** An argument is JSON where it can be read as that, and text otherwise. */
function asJson(text: string): unknown {
  // A hash of digits alone is no number.
  if (/^\d{16,}$/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
