/**
 * What the node is at.
 * - `choosing-chain`: headers are asked for until no peer has more work to show.
 * - `syncing`: the chain is chosen; a program's stream of blocks is far behind its tip.
 * - `running`: at the tip; transactions and new blocks are relayed.
 */
export type PhaseName = 'choosing-chain' | 'syncing' | 'running'
