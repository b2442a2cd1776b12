import type { NodeEventName, NodeEventOf, NodeEventSource, StopListening } from '@sapwood/node'
import { formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import type { RecordContent } from '../records/published-message.ts'
import { peerRecord, transactionRecord } from '../records/record-contents.ts'

/** Facts of an event that go into its record. */
type FactsOf = { readonly [Name in NodeEventName]?: (event: NodeEventOf<Name>) => object }

const peerFacts: FactsOf = {
  'peer-connected': ({ peer, kind, address, protocol }) => ({ peer, kind, ...where(address), protocol }),
  'peer-ready': ({ peer, kind, address, protocol, version }) => ({
    peer,
    kind,
    ...where(address),
    protocol,
    version: version.version,
    services: version.services.toString(16).padStart(16, '0'),
    userAgent: version.userAgent,
    height: version.startHeight,
  }),
  'peer-disconnected': ({ peer, kind, address, reason }) => ({
    peer,
    kind,
    ...where(address),
    code: reason.code,
    blame: reason.blame,
  }),
  'connection-failed': ({ peer, kind, address, error }) => ({
    peer,
    kind,
    ...where(address),
    error: error.message,
  }),
  'transport-downgraded': ({ peer, kind, address }) => ({ peer, kind, ...where(address) }),
  'inbound-refused': ({ address, why }) => ({
    ...(address !== undefined && { host: formatPeerAddress({ ...address, port: 0 }) }),
    why,
  }),
  'ban-added': ({ ban }) => ({ subnet: ban.text, reason: ban.reason }),
  'ban-lifted': ({ ban, why }) => ({ subnet: ban.text, why }),
}

/** Tells of what a node hears, as records. */
export function hearNode(
  events: NodeEventSource,
  kinds: ReadonlySet<string>,
  onRecord: (record: RecordContent) => void,
): StopListening {
  const stops: StopListening[] = []
  if (kinds.has('transactions')) {
    stops.push(events.on('transaction-heard', ({ heard }) => onRecord(transactionRecord(heard))))
  }
  if (kinds.has('peers')) {
    for (const name of Object.keys(peerFacts) as (keyof typeof peerFacts)[]) {
      const factsOf = peerFacts[name] as (event: unknown) => object
      stops.push(events.on(name, (event) => onRecord(peerRecord(name, event.at, factsOf(event)))))
    }
  }
  return () => {
    for (const stop of stops) stop()
  }
}

function where(address: PeerAddress | undefined): { readonly address?: string } {
  return address === undefined ? {} : { address: formatPeerAddress(address) }
}
