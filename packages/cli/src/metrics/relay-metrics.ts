import type { WebSocketRelayInfo } from '@sapwood/integration'
import { labelText, metricText } from './prometheus.ts'

/** What a relay counts, in the text that Prometheus reads. */
export function relayMetrics({
  clients,
  taken,
  refused,
  unreachable,
  fromClients,
  fromPeers,
}: WebSocketRelayInfo): string {
  const refusals = Object.entries(refused).map(([why, count]) => [labelText({ why }), count] as const)
  return [
    metricText(['relay_clients', 'gauge', 'Clients of now'], [['', clients]]),
    metricText(['relay_clients_total', 'counter', 'Clients that were taken'], [['', taken]]),
    metricText(['relay_refused_total', 'counter', 'Clients that were not taken'], refusals),
    metricText(
      ['relay_unreachable_total', 'counter', 'Clients whose peer could not be reached'],
      [['', unreachable]],
    ),
    metricText(
      ['relay_bytes_total', 'counter', 'Bytes that were carried, by whom they came from'],
      [
        [labelText({ from: 'clients' }), fromClients],
        [labelText({ from: 'peers' }), fromPeers],
      ],
    ),
  ].join('')
}
