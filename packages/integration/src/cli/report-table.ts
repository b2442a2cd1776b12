import Table from 'cli-table3'
import type { ProxiedConnection } from '../tor/isolating-proxy.ts'
import { printable } from '../errors/printable.ts'
import type { SyncReport } from './sync-run.ts'

/** One run as a table of two columns. */
export function reportTable(report: SyncReport): string {
  const table = new Table({ style: { head: [], border: [] }, colWidths: [16, 84], wordWrap: true })
  table.push(...rowsOf(report).map(([name, value]) => [name, value]))
  return `${report.title}\n${table.toString()}`
}

/**
 * What a SOCKS5 server has seen: a row for each connection. The credentials are made up for it, and no
 * secret.
 */
export function connectionsTable(connections: readonly ProxiedConnection[]): string {
  const table = new Table({
    style: { head: [], border: [] },
    head: ['target', 'username', 'password', 'circuit'],
  })
  table.push(
    ...connections.map(({ target, username, password, circuit }) =>
      [target, username, password, circuit].map(printable),
    ),
  )
  return `connections as the SOCKS5 server (Tor) saw them\n${table.toString()}`
}

function rowsOf(report: SyncReport): readonly (readonly [string, string])[] {
  const { peer } = report
  return [
    ['peer', report.address],
    ['user agent', printable(peer.userAgent)],
    ['transport', peer.transport === 'v2' ? 'v2 (BIP324, encrypted)' : 'v1 (plain)'],
    ['session id', sessionLine(report)],
    ['services', report.serviceNames.join(', ')],
    ['height', `${report.height}, tip ${report.tip}`],
    ['headers', `${report.headers} checked: proof of work, linkage, difficulty, times`],
    ...storeRows(report),
    ['blocks', blocksLine(report)],
    ['bytes in', peer.bytesReceived.toLocaleString('en-US')],
    ['bytes out', peer.bytesSent.toLocaleString('en-US')],
    ['time', `${(report.milliseconds / 1000).toFixed(2)} s`],
  ]
}

function storeRows({ storeFolder, resumedAt }: SyncReport): readonly (readonly [string, string])[] {
  if (storeFolder === undefined) return []
  return [['store', `${resumedAt === 0 ? 'new' : `resumed at height ${resumedAt}`}, in ${storeFolder}`]]
}

function sessionLine({ peer, sameSession }: SyncReport): string {
  if (peer.sessionId === undefined) return 'none'
  return `${peer.sessionId}\n${sameSession === true ? 'equal' : 'NOT equal'} to the other side's`
}

function blocksLine({ blocks, transactions, witnessBlocks }: SyncReport): string {
  return `${blocks} checked with ${transactions} transactions: merkle roots, ${witnessBlocks} witness commitments`
}
