export type { BlocksToKeep, BlockStoreOptions, FileBlockStore } from './blocks/block-store-options.ts'
export { openBlockStore } from './blocks/open-block-store.ts'
export {
  importBlockFiles,
  type ImportComponents,
  type ImportReport,
} from './blocks/import-block-files.ts'
export {
  type ChainIndex,
  type ChainIndexComponents,
  type ChainIndexOptions,
  createChainIndex,
  type KeptFilter,
} from './chain-index/chain-index.ts'
export type { TransactionPlace } from './chain-index/index-entries.ts'
export {
  type ChainServer,
  type ChainServerComponents,
  type ChainServerInfo,
  type ChainServerOptions,
  serveChain,
} from './serving/chain-server.ts'
