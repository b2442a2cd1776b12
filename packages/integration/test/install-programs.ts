import { findBitcoind } from '../src/bitcoind/find-bitcoind.ts'
import { findProgram } from '../src/programs/find-program.ts'
import { findPythonZmq, NATS_SERVER } from '../src/nats/programs.ts'
import { I2PD } from '../src/i2p/testing-i2p-router.ts'
import { DANTE, MICROSOCKS } from '../src/socks/programs.ts'
import { findTorPrograms } from '../src/tor/programs.ts'
import { BUN, DENO } from './runtimes/programs.ts'

/** Before the first test: what most of them need is installed outside of their time limits. */
export default async function installPrograms(): Promise<void> {
  const onProgress = (line: string): void => console.error(line)
  await findBitcoind({ onProgress })
  for (const spec of [MICROSOCKS, DANTE, I2PD, NATS_SERVER, BUN, DENO])
    await findProgram(spec, { onProgress })
  await findTorPrograms({ onProgress })
  await findPythonZmq({ onProgress })
}
