import type { PeerInfo } from '@sapwood/peer'
import { SECOND } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress } from '@sapwood/wire-codec'
import { throughNetwork } from '../rpc/core-names.ts'
import { tableOf } from '../terminal/columns.ts'
import type { ScreenLine } from '../terminal/screen.ts'
import { bytesText } from '../terminal/units.ts'
import { sortedPeers, type ViewState } from './view-state.ts'

/** Lines of events at the bottom, where there is room. */
const EVENT_LINES = 6
/** Lines of the head, the table's head, the space between and the keys. */
const FIXED_LINES = 6
const KEYS = 'q quit  up/down select  s sort  d disconnect  b ban  a add  p pause'
const SHOWN_HASH = 16

const COLUMNS = [
  '<->',
  'type',
  'net',
  'v',
  'hb',
  'ping',
  'sent',
  'received',
  'age',
  'id',
  'address',
  'version',
]

/** The whole screen, in as many lines as it has. */
export function renderView(state: ViewState, rows: number): readonly ScreenLine[] {
  const peers = sortedPeers(state)
  const events = state.events.slice(-Math.max(0, Math.min(EVENT_LINES, rows - FIXED_LINES - 1)))
  const room = Math.max(1, rows - FIXED_LINES - events.length)
  // The selected row is always among those that are shown.
  const first = Math.max(0, Math.min(state.selected - room + 1, peers.length - room))
  const [head = '', ...lines] = tableOf(
    COLUMNS.map((name) => ({
      head: name,
      align: /^(ping|sent|received|age|id)$/.test(name) ? 'right' : 'left',
    })),
    peers.map((peer) => cellsOf(peer, state.now)),
  ).split('\n')
  const table = lines
    .slice(first, first + room)
    .map(
      (text, index): ScreenLine => (first + index === state.selected ? { text, style: 'inverse' } : { text }),
    )
  return [
    { text: headline(state), style: 'bold' },
    { text: chainLine(state) },
    { text: '' },
    { text: head, style: 'dim' },
    ...table,
    { text: '' },
    ...events.map((text): ScreenLine => ({ text, style: 'dim' })),
    state.typing === undefined
      ? { text: `${KEYS}   sorted by ${state.sort}`, style: 'dim' }
      : { text: `add: ${state.typing}_   Enter: connect, Esc: not`, style: 'bold' },
  ]
}

function headline({ info, received, sent }: ViewState): string {
  const { network, blockchain, phase } = info
  const state = network.networkActive ? phase.replaceAll('-', ' ') : 'paused'
  return `sapwood ${blockchain.chain}  ${state}  ${network.connections} peers (${network.connectionsIn} in, ${network.connectionsOut} out)  ${bytesText(Math.round(received))}/s in, ${bytesText(Math.round(sent))}/s out`
}

function chainLine({ info, stored, now }: ViewState): string {
  const { headers, bestBlockHash, time } = info.blockchain
  const kept = stored === undefined ? 'no blocks kept' : `blocks kept up to ${stored.toLocaleString('en-US')}`
  return `height ${headers.toLocaleString('en-US')}  ${bestBlockHash.slice(0, SHOWN_HASH)}…  ${ageText(now - time * SECOND)} old  ${kept}`
}

function cellsOf(peer: PeerInfo, now: number): readonly string[] {
  const { address, minimumPing } = peer
  return [
    peer.inbound ? 'in' : 'out',
    peer.connectionKind,
    throughNetwork(address).replace('not_publicly_routable', 'npr'),
    peer.transport,
    `${peer.compactHighBandwidthTo ? '.' : ' '}${peer.compactHighBandwidthFrom ? '*' : ' '}`,
    minimumPing === undefined ? '' : `${Math.round(minimumPing)} ms`,
    bytesText(peer.bytesSent),
    bytesText(peer.bytesReceived),
    ageText(now - peer.connectedAt),
    String(peer.id),
    address === undefined ? 'hidden' : formatPeerAddress(address),
    `${peer.version}${peer.userAgent}`,
  ]
}

/** Milliseconds as `12 s`, `3 min`, `5 h`, `4 d`. */
function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / SECOND))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
