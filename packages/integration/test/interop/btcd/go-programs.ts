import { join } from 'node:path'
import type { ProgramSpec } from '../../../src/programs/find-program.ts'
import { runCommand } from '../../../src/programs/run-command.ts'

/** Milliseconds that a build may take, downloads included. */
const BUILD_TIMEOUT = 1_800_000
const BTCD_VERSION = 'v0.26.2'

/** btcd, by Go where there is none. */
export const BTCD: ProgramSpec = {
  name: 'btcd',
  variable: 'BTCD',
  install: async (folder) => {
    await goIn(folder, ['install', `github.com/btcsuite/btcd@${BTCD_VERSION}`], { GOBIN: folder })
    return 'btcd'
  },
}

/** The wallet of `neutrino-wallet/main.go`. */
export const NEUTRINO_WALLET: ProgramSpec = {
  name: 'neutrino-wallet',
  variable: 'NEUTRINO_WALLET',
  install: async (folder) => {
    await goIn(join(import.meta.dirname, 'neutrino-wallet'), [
      'build',
      '-o',
      join(folder, 'neutrino-wallet'),
      '.',
    ])
    return 'neutrino-wallet'
  },
}

async function goIn(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await runCommand(['go', ...args], { cwd, environment, timeout: BUILD_TIMEOUT })
}
