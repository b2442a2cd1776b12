import { CommandError } from '../errors/command-error.ts'

/**
 * Loads what a command needs of a package that `sapwood` does without.
 * @throws CommandError that says how it is had, where it is not installed.
 */
export async function loadPackage<Module>(
  command: string,
  name: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause
    throw new CommandError(
      `${command} needs the package ${name}, which is not installed: npm install ${name}, beside sapwood; ` +
        `or, without an installation, npx --package sapwood --package ${name} sapwood ${command}`,
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
