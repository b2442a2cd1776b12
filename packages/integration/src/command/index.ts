export { runBitcoind, type RunBitcoindOptions } from '../cli/run-bitcoind.ts'
