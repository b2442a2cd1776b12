import { IntegrationError } from '../errors/integration-error.ts'
import { AptFolder, type WantedPackage } from './apt-folder.ts'
import type { AptSource } from './apt-sources.ts'
import { runCommand } from './run-command.ts'

/** How Debian packages are unpacked. */
export interface UnpackOptions {
  /** Where they come from. */
  readonly sources: readonly AptSource[]
  /**
   * Where apt keeps its lists and what it fetches, made if it is not there. It is left there: a call that was
   * cut off is taken up again by the next, and who has all removes it.
   */
  readonly aptFolder: string
  /**
   * Whether the machine's own packages are taken for granted, and only what they lack is unpacked. Default:
   * false.
   */
  readonly beside?: boolean
  /** Told, in a line, what is done. */
  readonly onProgress?: (line: string) => void
}

/**
 * Packages with all that they depend on, from the given archives, unpacked into a folder: nothing is
 * installed, no root is needed, and the machine's own apt configuration, lists and cache are not touched. apt
 * resolves the dependencies and checks signatures and hashes.
 * @param folder where to unpack; it has to be there.
 * @returns `name=version` of each package.
 * @throws IntegrationError `command-failed` when apt or dpkg fails.
 */
export async function unpackDebianPackages(
  folder: string,
  packages: readonly string[],
  { sources, aptFolder, beside = false, onProgress = () => undefined }: UnpackOptions,
): Promise<readonly string[]> {
  if (sources.length === 0) {
    throw new IntegrationError('command-failed', 'no archive of Debian packages is known for this machine')
  }
  const apt = await AptFolder.open(aptFolder, sources, beside)
  onProgress('reading the lists of packages')
  const wanted = await resolve(apt, packages)
  const whole = await apt.keepWhole(wanted)
  if (whole > 0) onProgress(`${whole} of ${wanted.length} packages are there already`)
  onProgress(`fetching ${packages.join(' ')} and what that needs`)
  await apt.fetch(packages)
  onProgress(`unpacking ${wanted.length} packages`)
  for (const each of wanted) await runCommand(['dpkg', '-x', apt.pathOf(each), folder])
  return wanted.map(({ file }) => decodeURIComponent(file).split('_').slice(0, 2).join('=')).sort()
}

async function resolve(apt: AptFolder, packages: readonly string[]): Promise<readonly WantedPackage[]> {
  const resumed = await apt.hasLists()
  await apt.update()
  try {
    return await apt.resolve(packages)
  } catch (error) {
    if (!resumed) throw error
    // Lists that an earlier call has left were of other archives, or are damaged.
    await apt.forgetLists()
    await apt.update()
    return await apt.resolve(packages)
  }
}
