import type { TestPeer } from '@sapwood/integration/test-peer'
import { hasServices, Services } from '@sapwood/wire-codec'
import type { Ability } from '../driver/driver.ts'
import type { Need } from '../model/conform-case.ts'

/** What a target says of itself. */
export interface TargetFacts {
  readonly agent: string
  readonly services: bigint
  /** The protocol version that it says. */
  readonly protocol: number
  /** What it says of itself around the handshake: `sendcmpct`, `wtxidrelay`, `sendtxrcncl`, … */
  readonly says: ReadonlySet<string>
  /** Whether it took the suite's chain. */
  readonly hasChain: boolean
  /** Whether there is a driver that can do this. */
  readonly can: (ability: Ability) => boolean
}

/** BIP434. */
const FEATURE_VERSION = 70_017

const WORDS: Readonly<Record<Ability, string>> = {
  mine: 'have it mine',
  time: 'set its time',
  pay: 'have it pay',
}

/** Why a case has nothing to look at; undefined where it has. */
export function missing(need: Need, facts: TargetFacts): string | undefined {
  const offers = (service: bigint): boolean => hasServices(facts.services, service)
  switch (need) {
    case 'chain':
      return facts.hasChain ? undefined : 'it did not take the chain of the suite'
    case 'network':
      return offers(Services.NETWORK) ? undefined : 'it does not offer NODE_NETWORK'
    case 'network-limited':
      return offers(Services.NETWORK_LIMITED) ? undefined : 'it does not offer NODE_NETWORK_LIMITED'
    case 'no-network':
      return offers(Services.NETWORK) ? 'it offers NODE_NETWORK' : undefined
    case 'compact-blocks':
      return facts.says.has('sendcmpct') ? undefined : 'it does not say sendcmpct'
    case 'wtxid-relay':
      return facts.says.has('wtxidrelay') ? undefined : 'it does not say wtxidrelay'
    case 'bloom':
      return offers(Services.BLOOM) ? undefined : 'it does not offer NODE_BLOOM'
    case 'no-bloom':
      return offers(Services.BLOOM) ? 'it offers NODE_BLOOM' : undefined
    case 'compact-filters':
      return offers(Services.COMPACT_FILTERS) ? undefined : 'it does not offer NODE_COMPACT_FILTERS'
    case 'no-compact-filters':
      return offers(Services.COMPACT_FILTERS) ? 'it offers NODE_COMPACT_FILTERS' : undefined
    case 'mine':
    case 'time':
    case 'pay':
      return facts.can(need) ? undefined : `there is no driver that can ${WORDS[need]}`
    case 'reconciliation':
      return facts.says.has('sendtxrcncl') ? undefined : 'it does not say sendtxrcncl'
    case 'no-reconciliation':
      return facts.says.has('sendtxrcncl') ? 'it says sendtxrcncl' : undefined
    case 'features':
      return facts.protocol >= FEATURE_VERSION ? undefined : 'it speaks no version 70,017'
  }
}

/** What a target says of itself on a connection that is ready. */
export async function factsOf(peer: TestPeer): Promise<Omit<TargetFacts, 'hasChain' | 'can'>> {
  await peer.sync()
  const { userAgent = '', services = 0n, version = 0 } = peer.version ?? {}
  const received = peer.log.entries.filter(({ direction }) => direction === 'received')
  return { agent: userAgent, services, protocol: version, says: new Set(received.map(({ type }) => type)) }
}
