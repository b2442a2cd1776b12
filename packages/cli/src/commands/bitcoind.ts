import type { Surroundings } from '../connecting/surroundings.ts'
import type { ExitCode } from '../errors/exit-code.ts'
import { loadPackage } from '../optional/load-package.ts'

/** Runs a real bitcoind on regtest, as `@sapwood/integration` does, which reads the options itself. */
export async function bitcoindCommand(
  args: readonly string[],
  { signal }: Pick<Surroundings, 'signal'>,
): Promise<ExitCode> {
  const { runBitcoind } = await loadPackage(
    'bitcoind',
    '@sapwood/integration',
    () => import('@sapwood/integration/command'),
  )
  return (await runBitcoind(args, { signal, name: 'sapwood bitcoind' })) as ExitCode
}
