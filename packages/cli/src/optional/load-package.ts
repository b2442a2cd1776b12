import { CommandError } from '../errors/command-error.ts'

/**
 * Loads what a command needs of packages that `sapwood` does without.
 * @param packages Their names, with a blank between two.
 * @throws CommandError that says how it is had, where it is not installed.
 */
export async function loadPackage<Module>(
  command: string,
  packages: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    const names = packages.split(' ')
    if (!names.some((name) => isMissing(cause, name))) throw cause
    const given = ['sapwood', ...names].map((name) => `--package ${name}`).join(' ')
    throw new CommandError(
      `${command} needs what is not installed: npm install ${packages}, beside sapwood; ` +
        `or, without an installation, npx ${given} sapwood ${command}`,
      undefined,
      cause,
    )
  }
}

/** Whether the package itself is not there; one that lacks a part of its own is another matter. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${name}'`)
}
