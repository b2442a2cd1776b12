import { isAbsolute, join } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'

/** What a caller's arguments change in how bitcoind is reached. */
export interface DaemonArguments {
  /** `-rpcport` */
  readonly rpcPort: number | undefined
  /** `-rpcuser` and `-rpcpassword`, `USER:PASSWORD`: bitcoind writes no cookie file then. */
  readonly credentials: string | undefined
  /** `-rpccookiefile`, absolute or in the network's folder. */
  readonly cookieFile: string | undefined
}

const MAX_PORT = 65_535

/** Arguments that would take bitcoind out of our hands, with what does the same here. */
const REFUSED: Readonly<Record<string, string>> = {
  datadir: 'give `dataFolder`',
  blocksdir: 'give `dataFolder`',
  chain: 'the chain is always regtest',
  regtest: 'the chain is always regtest',
  testnet: 'the chain is always regtest',
  testnet4: 'the chain is always regtest',
  signet: 'the chain is always regtest',
  daemon: 'bitcoind has to stay the process that was started',
  daemonwait: 'bitcoind has to stay the process that was started',
}

/**
 * Reads those arguments of bitcoind on which it depends how it can be reached, by its own rules: one or two
 * dashes, `-noNAME` is `-NAME=0`, the last one counts.
 * @throws IntegrationError `unsupported-argument` for one that no bitcoind of the harness can be run with.
 */
export function readDaemonArguments(args: readonly string[]): DaemonArguments {
  const values = new Map<string, string>()
  for (const argument of args) {
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(argument)
    if (match === null) throw refused(argument, 'arguments of bitcoind begin with a dash')
    const [, name, value] = match as unknown as [string, string, string | undefined]
    const negated = /^no/.test(name) ? name.slice(2) : undefined
    if (negated === undefined) values.set(name, value ?? '1')
    else values.set(negated, value === '0' ? '1' : '0')
    const advice = REFUSED[negated ?? name]
    if (advice !== undefined) throw refused(argument, advice)
  }
  if (values.get('server') === '0') throw refused('-server=0', 'the harness needs its RPC')
  const password = values.get('rpcpassword')
  // An empty password counts as none (Core, `InitRPCAuthentication`).
  const credentials = password ? `${values.get('rpcuser') ?? ''}:${password}` : undefined
  const cookieFile = values.get('rpccookiefile')
  if (credentials === undefined && (cookieFile === '0' || cookieFile === '')) {
    throw refused('-norpccookiefile', 'give -rpcuser and -rpcpassword too')
  }
  return { rpcPort: readPort(values.get('rpcport')), credentials, cookieFile }
}

/** Where bitcoind writes its cookie. */
export function cookieFileOf(dataFolder: string, { cookieFile = '.cookie' }: DaemonArguments): string {
  return isAbsolute(cookieFile) ? cookieFile : join(dataFolder, 'regtest', cookieFile)
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= MAX_PORT) return port
  throw refused(`-rpcport=${text}`, `a port is a number from 1 to ${MAX_PORT}`)
}

function refused(argument: string, advice: string): IntegrationError {
  // Of a password only the name is told.
  const name = argument.replace(/^(--?rpcpassword)=.*/s, '$1')
  return new IntegrationError(
    'unsupported-argument',
    `bitcoind cannot be started with '${name}' here: ${advice}`,
  )
}
