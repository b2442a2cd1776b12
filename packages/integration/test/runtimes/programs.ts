import { join } from 'node:path'
import { OTHER_NODES } from '../../../../tools/npm/other-nodes.ts'
import { findProgram, type ProgramSpec } from '../../src/programs/find-program.ts'
import { runCommand } from '../../src/programs/run-command.ts'

const BUN_VERSION = '1.4.5'
const DENO_VERSION = '2.9.6'
/** Each is about 100 MB. */
const DOWNLOAD_TIMEOUT = 300_000

/** The executable of a package of the npm registry that holds nothing else. */
async function fromNpm(folder: string, name: string, version: string, executable: string): Promise<string> {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save']
  const command = ['npm', 'install', '--prefix', folder, ...options, `${name}@${version}`]
  await runCommand(command, { cwd: folder, timeout: DOWNLOAD_TIMEOUT })
  return join('node_modules', name, executable)
}

/** Bun, from its npm package for Linux. */
export const BUN: ProgramSpec = {
  name: 'bun',
  variable: 'BUN',
  install: (folder) => {
    const arch = process.arch === 'arm64' ? 'aarch64' : process.arch
    return fromNpm(folder, `@oven/bun-linux-${arch}`, BUN_VERSION, 'bin/bun')
  },
}

/** Deno, from its npm package for Linux. */
export const DENO: ProgramSpec = {
  name: 'deno',
  variable: 'DENO',
  install: (folder) => fromNpm(folder, `@deno/linux-${process.arch}-glibc`, DENO_VERSION, 'deno'),
}

/** What starts a program with Bun. */
export async function bun(): Promise<readonly string[]> {
  return (await findProgram(BUN)).command
}

/** What starts a program with Deno, which may do what it wants. */
export async function deno(): Promise<readonly string[]> {
  return [...(await findProgram(DENO)).command, 'run', '--allow-all', '--no-config', '--no-lock']
}

/** Other releases of Node.js than the one that runs us. */
export const otherNodes: Readonly<Record<string, () => Promise<readonly string[]>>> = Object.fromEntries(
  Object.entries(OTHER_NODES).map(([major, version]) => [
    `Node.js ${version}`,
    async () => {
      const name = `node-${process.platform}-${process.arch}`
      const install = (folder: string): Promise<string> => fromNpm(folder, name, version, 'bin/node')
      return (await findProgram({ name: `node-${major}`, install })).command
    },
  ]),
)
