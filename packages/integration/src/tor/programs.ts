import { dirname, join } from 'node:path'
import {
  findProgram,
  type FindProgramOptions,
  type Program,
  type ProgramSpec,
} from '../programs/find-program.ts'

/** The onion router. */
const TOR: ProgramSpec = {
  name: 'tor',
  variable: 'TOR',
  debian: { packages: ['tor'], executable: 'usr/bin/tor' },
}

/** Makes the keys of a directory authority; Debian has it in the package of tor. */
const TOR_GENCERT: ProgramSpec = {
  name: 'tor-gencert',
  variable: 'TOR_GENCERT',
  debian: { packages: ['tor'], executable: 'usr/bin/tor-gencert' },
}

/** Finds or installs both. */
export async function findTorPrograms(
  options?: FindProgramOptions,
): Promise<{ readonly tor: Program; readonly torGencert: Program }> {
  const tor = await findProgram(TOR, options)
  if (tor.folder === undefined) return { tor, torGencert: await findProgram(TOR_GENCERT, options) }
  // Unpacked together: the same loader starts both.
  const executable = tor.command.at(-1) ?? ''
  const beside = join(dirname(executable), 'tor-gencert')
  return { tor, torGencert: { ...tor, name: 'tor-gencert', command: [...tor.command.slice(0, -1), beside] } }
}
