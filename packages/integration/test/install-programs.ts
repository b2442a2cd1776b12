import { findBitcoind, findProgram } from '../src/index.ts'
import { MICROSOCKS } from '../src/socks/programs.ts'

/** Before the first test: what most of them need is installed outside of their time limits. */
export default async function installPrograms(): Promise<void> {
  const onProgress = (line: string): void => console.error(line)
  await findBitcoind({ onProgress })
  await findProgram(MICROSOCKS, { onProgress })
}
