export {
  type EmbeddedFrontier,
  type EmbeddedFrontierComponents,
  type EmbeddedFrontierOptions,
  openEmbeddedFrontier,
} from './embedded-frontier.ts'
export {
  type BeginRoundOptions,
  type Claim,
  DEFAULT_CLAIM_DEADLINE,
  DEFAULT_HOST_PAUSE,
  FORGOTTEN_AFTER,
  type Frontier,
  type FrontierCounts,
  MAX_KNOWN_ADDRESSES,
  MAX_PORTS_OF_HOST,
  type Settled,
} from './frontier.ts'
export type { KnownNode, NodeFacts } from './known-node.ts'
export { type NatsFrontierComponents, type NatsFrontierOptions, openNatsFrontier } from './nats-frontier.ts'
export { snapshotLine } from './snapshot-line.ts'
