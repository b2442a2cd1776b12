export type { AccumulatorProof } from './accumulator/accumulator-proof.ts'
export {
  Forest,
  type ForestOptions,
  type ForestProof,
  type ForestUndo,
  LEAF_BYTES,
  MAX_LIVE_LEAVES,
} from './accumulator/forest.ts'
export { parentHash } from './accumulator/parent-hash.ts'
export {
  forestRows,
  fromTarget,
  MAX_LEAVES,
  type Position,
  toCompactTarget,
  toTarget,
  WIRE_ROWS,
} from './accumulator/positions.ts'
export {
  decodeStump,
  encodeStump,
  formatStump,
  parseStump,
  type StumpLayout,
} from './accumulator/stump-format.ts'
export { stateHash, StateTree } from './accumulator/state-tree.ts'
export { Stump } from './accumulator/stump.ts'
export { type BlockChanges, blockChanges, type OwnSpend, type PlacedInput } from './blocks/block-changes.ts'
export {
  type BlockProof,
  type BlockSurroundings,
  checkBlockProof,
  type ProvedBlock,
} from './blocks/check-block-proof.ts'
export { blockSubsidy, type ChainFacts, checkSpends, COINBASE_MATURITY } from './blocks/check-spends.ts'
export type { SpentOutput, SpentOutputs } from './blocks/spent-outputs.ts'
export { type BlockUndo, decodeBlockUndo, encodeBlockUndo } from './bridge/block-undo.ts'
export {
  decodeKeptOutput,
  encodeKeptOutput,
  type KeptOutput,
  type PlacedOutput,
} from './bridge/kept-output.ts'
export { type BridgeTip, type ConnectedBlock, ProofMaker } from './bridge/proof-maker.ts'
export { hashBackendName, useHashes } from './crypto/hash-backend.ts'
export type { Hashes } from './crypto/hashes.ts'
export {
  isUtreexoError,
  UtreexoError,
  type UtreexoErrorCode,
  type UtreexoErrorFacts,
  type UtreexoFault,
} from './errors/utreexo-error.ts'
export { impliedScript, leafScript } from './leaves/implied-script.ts'
export { isOverwritten, isSpendable } from './leaves/spendable.ts'
export { leafHash, type UtreexoLeaf } from './leaves/utreexo-leaf.ts'
