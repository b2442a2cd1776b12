import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { RegtestBitcoind } from '@sapwood/integration'

/** The real bitcoin-cli, which lies beside the bitcoind that runs. @returns what it prints. */
export async function bitcoinCli({ program }: RegtestBitcoind, ...args: string[]): Promise<string> {
  const { command, environment } = program
  const [file, ...before] = command.map((part, index) =>
    index === command.length - 1 ? part.replace(/bitcoind$/, 'bitcoin-cli') : part,
  )
  const { stdout } = await promisify(execFile)(file!, [...before, ...args], {
    env: { ...process.env, ...environment },
  })
  return stdout.trim()
}
