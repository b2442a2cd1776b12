import { findBitcoind } from '../bitcoind/find-bitcoind.ts'

/**
 * For the `globalSetup` of Vitest and of Jest: a bitcoind is there before the first test, and no hook of a
 * test runs into its timeout over a download.
 * @throws IntegrationError `program-not-found`
 */
export default async function globalSetup(): Promise<void> {
  await findBitcoind({ onProgress: (line) => console.error(line) })
}
