import type { MessageMap, PeerState } from '@sapwood/peer'

type ByMessage<Text> = Readonly<Partial<Record<keyof MessageMap, Text>>>
type ByState = Readonly<Partial<Record<PeerState, string>>>

const asksForNone: ByState = { ready: 'ignore: Core asks for none' }
const unknownToCore: ByState = { ready: 'ignore: unknown to Core' }

/** What Bitcoin Core does with a message by state, where it differs from `behaviourTable`. */
export const coreByState: ByMessage<ByState> = {
  sendtxrcncl: {
    'awaiting-verack': 'ignore, unless `-txreconciliation` is on: then handle',
    ready: 'ignore, unless `-txreconciliation` is on: then disconnect',
  },
  getdata: { ready: 'handle, with silence for blocks that it lacks' },
  merkleblock: asksForNone,
  cfilter: asksForNone,
  cfheaders: asksForNone,
  cfcheckpt: asksForNone,
  getuproof: unknownToCore,
  uproof: unknownToCore,
  uttls: unknownToCore,
  getuttls: unknownToCore,
  usummary: unknownToCore,
  utreexotx: unknownToCore,
  uroot: unknownToCore,
  geturoot: unknownToCore,
  unknown: { ready: 'ignore' },
}

/** What it does where the rule of a message applies, if that differs; each of these has one rule. */
export const coreByRule: ByMessage<string> = {
  tx: 'disconnect in any case: such a connection never asks',
  mempool: 'disconnect where its `version` did not offer NODE_BLOOM, or its upload target is met',
}
