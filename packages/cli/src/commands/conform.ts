import type { Surroundings } from '../connecting/surroundings.ts'
import type { ExitCode } from '../errors/exit-code.ts'
import { loadPackage } from '../optional/load-package.ts'

/** Runs the suite of `@sapwood/conform`, which reads the options itself. */
export async function conformCommand(
  args: readonly string[],
  { signal }: Pick<Surroundings, 'signal'>,
): Promise<ExitCode> {
  const { conform } = await loadPackage(
    'conform',
    '@sapwood/conform',
    () => import('@sapwood/conform/command'),
  )
  return (await conform(args, signal, 'sapwood conform')) as ExitCode
}
