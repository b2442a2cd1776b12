export type { BitcoinArchive, FindBitcoindOptions } from './bitcoind/find-bitcoind.ts'
export {
  bitcoinCoreArchive,
  BITCOIND_VERSIONS,
  type BitcoindVersion,
  findBitcoind,
} from './bitcoind/find-bitcoind.ts'
export { BitcoindLog, type ExpectLogOptions } from './bitcoind/bitcoind-log.ts'
export { connectAll, syncAll } from './bitcoind/network-of.ts'
export { type ConnectionFaults, FaultyRelay, type FaultyRelayOptions } from './relay/faulty-relay.ts'
export type { LinkFaults, MessageChoice, Strike } from './relay/link-faults.ts'
export type { BigChainOptions } from './bitcoind/big-chain.ts'
export { bigChainBlocks, bigChainFolder, startBigChain } from './bitcoind/big-chain.ts'
export { mineWithPayments } from './bitcoind/funded-chain.ts'
export { Purse } from './bitcoind/purse.ts'
export { submitChain } from './bitcoind/submit-chain.ts'
export type { RegtestBitcoindOptions } from './bitcoind/regtest-bitcoind.ts'
export { RegtestBitcoind } from './bitcoind/regtest-bitcoind.ts'
export type { RpcClientOptions } from './bitcoind/rpc-client.ts'
export { RpcClient } from './bitcoind/rpc-client.ts'
export type {
  IntegrationErrorCode,
  IntegrationErrorDetails,
  ProcessExit,
} from './errors/integration-error.ts'
export { IntegrationError, isIntegrationError } from './errors/integration-error.ts'
export type { AptSource } from './programs/apt-sources.ts'
export type { DebianProgram, FindProgramOptions, Program, ProgramSpec } from './programs/find-program.ts'
export { printable, printableLines } from './errors/printable.ts'
export { findProgram } from './programs/find-program.ts'
export { freePort } from './programs/free-port.ts'
export type { RunningProcess, StartProcessOptions, StopOptions } from './programs/start-process.ts'
export { startProcess } from './programs/start-process.ts'
export { mineBlockOn, type MineOnOptions, spendCoinbase } from './regtest/apart-from-chain.ts'
export type { MineOptions, RegtestBlock, RegtestChainOptions } from './regtest/regtest-chain.ts'
export { RegtestChain } from './regtest/regtest-chain.ts'
export type {
  ListeningRegtestPeer,
  RegtestPeer,
  RegtestPeerComponents,
  RegtestPeerOptions,
} from './regtest/regtest-peer.ts'
export { createMemoryDialer, createRegtestPeer, startRegtestPeer } from './regtest/regtest-peer.ts'
export type { EmbeddedSocks5, EmbeddedSocks5Options } from './socks/embedded-socks5.ts'
export { startEmbeddedSocks5 } from './socks/embedded-socks5.ts'
export type { Microsocks, MicrosocksOptions } from './socks/microsocks.ts'
export { startMicrosocks } from './socks/microsocks.ts'
export type { TestingI2pRouter } from './i2p/testing-i2p-router.ts'
export { startTestingI2pRouter } from './i2p/testing-i2p-router.ts'
export { findPythonZmq, NATS_SERVER, PYTHON_ZMQ } from './nats/programs.ts'
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats/nats-server.ts'
export type { IsolatingProxy, ProxiedConnection } from './tor/isolating-proxy.ts'
export { startIsolatingProxy } from './tor/isolating-proxy.ts'
export type { TestingTorNetworkOptions, TorClient, TorClientOptions } from './tor/testing-tor-network.ts'
export { TestingTorNetwork } from './tor/testing-tor-network.ts'
export type { Dante, DanteOptions } from './socks/dante.ts'
export { DANTE_CREDENTIALS, startDante } from './socks/dante.ts'
export type { BendProof } from './utreexo/bending-node.ts'
export {
  type RunningUtreexoBridge,
  startUtreexoBridge,
  type StartUtreexoBridgeOptions,
} from './utreexo/start-utreexo-bridge.ts'
export { allowedPeers, publicPeers, type RelayRoute } from './websocket/relay-routes.ts'
export {
  type RelayRefusal,
  startWebSocketRelay,
  type WebSocketRelay,
  type WebSocketRelayInfo,
  type WebSocketRelayOptions,
} from './websocket/websocket-relay.ts'
