import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parsePeerAddress, regtest } from '@sapwood/wire-codec'
import type { Transport } from '../model/transport.ts'

/** What the command line asks for. */
export interface Arguments {
  readonly action: 'help' | 'list' | 'run' | 'merge'
  /** `host:port` of software that listens. */
  readonly address: string | undefined
  /** Port on which software that dials is waited for, and how it is started. */
  readonly listen: { readonly port: number; readonly command: readonly string[] } | undefined
  /** Reports to be put together. */
  readonly files: readonly string[]
  readonly only: readonly string[]
  readonly transports: readonly Transport[]
  readonly strict: boolean
  readonly quiet: boolean
  readonly expect: string | undefined
  readonly wait: number | undefined
  readonly pace: number | undefined
  /** How the driver is named, where there is one. */
  readonly driver: string | undefined
  readonly driverWait: number | undefined
  readonly rpcCookie: string | undefined
  readonly json: string | undefined
  readonly junit: string | undefined
  readonly tap: string | undefined
  readonly html: string | undefined
  readonly summary: string | undefined
  /** What the run is called in its reports. */
  readonly label: string | undefined
}

/** A command line that was not understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What `--help` prints. @param name What the command is called. */
export const usageOf = (name: string): string => `Usage: ${name} HOST:PORT [options]
       ${name} --listen PORT [options] -- COMMAND [ARGUMENTS]
       ${name} merge REPORT.json... --html FILE
       ${name} --list [--only PATTERN] [--json FILE]

Runs conformance cases of Bitcoin's peer-to-peer protocol on software that listens, or on software that dials
(COMMAND is started for each case and ended after it). The target is on regtest, and nothing of worth: it is given
blocks. Only its P2P port is needed; cases that have it mine, pay, or live through a day need a driver too, and are
skipped without one.

Options:
  --only PATTERN     only cases whose name begins with this, or matches it with * for anything; may be repeated
  --transport v1|v2  only this transport (default: both)
  --strict           failed cases of the levels 'should' and 'core' count too, not those of 'must' alone
  --expect FILE      known failures, a name in a line: they do not count. One that passes does
  --wait MS          longest that a case waits for one thing
  --pace MS          least time from one connection to the next, for a target that takes only so many
  --driver WHAT      rpc, or http://[USER:PASSWORD@]HOST:PORT: bitcoind's RPC (rpc: that of regtest on this machine);
                     FILE.js, .mjs, .ts …: a module whose default export is a driver;
                     any other file: an executable, which answers a line of JSON with a line of JSON (see the README)
  --rpc-cookie FILE  bitcoind's cookie file, for its RPC
  --driver-wait MS   longest that the driver may take for one thing (default: 30000)
  --json FILE  --junit FILE  --tap FILE  --html FILE    reports; - is standard output
  --summary FILE     a summary in Markdown, behind what the file holds: --summary "$GITHUB_STEP_SUMMARY"
  --label TEXT       what the run is called in its reports, where agents alone would look alike
  --quiet            only failures and the summary
  -h, --help         print this

Exit code: 0 nothing that counts has failed, 1 something has, 2 the command line was not understood, 3 the target
cannot be reached, or was gone before the last case, 4 the driver cannot be used, or did not do what it had said that
it can (and nothing failed), 130 it was interrupted (Ctrl-C): what was run until then is reported.`

type OptionName = keyof ReturnType<typeof parsed>['values']

const REPORTS = ['json', 'junit', 'tap', 'html', 'summary'] as const
const OF_A_RUN = ['only', 'transport', 'strict', 'quiet', 'expect', 'wait', 'label', ...REPORTS] as const

/** The options that each kind of call takes: one that would do nothing was meant for something. */
const TAKES: Readonly<Record<'--list' | 'merge' | '--listen' | 'a target', readonly OptionName[]>> = {
  '--list': ['list', 'only', 'json'],
  merge: ['html'],
  '--listen': [...OF_A_RUN, 'listen'],
  'a target': [...OF_A_RUN, 'pace', 'driver', 'driver-wait', 'rpc-cookie'],
}

/** Longest that a wait may be told to take, in milliseconds. */
const MAX_WAIT = 600_000

/** Reads the command line. @throws UsageError */
export function parseArguments(args: readonly string[]): Arguments {
  const cut = args.indexOf('--')
  const command = cut === -1 ? undefined : args.slice(cut + 1)
  const { values, positionals } = parsed(cut === -1 ? args : args.slice(0, cut))
  const { transport, only = [] } = values
  if (transport !== undefined && transport !== 'v1' && transport !== 'v2') {
    throw new UsageError(`--transport takes v1 or v2, not '${transport}'`)
  }
  if (values.label?.trim() === '') throw new UsageError('--label takes a text')
  if (only.includes('')) throw new UsageError('--only takes the name of a case, or the beginning of one')
  const milliseconds = (option: 'wait' | 'pace' | 'driver-wait'): number | undefined =>
    values[option] === undefined ? undefined : number(`--${option}`, values[option], MAX_WAIT)
  const shared = {
    only,
    transports: transport === undefined ? (['v1', 'v2'] as const) : ([transport] as const),
    strict: values.strict ?? false,
    quiet: values.quiet ?? false,
    expect: values.expect,
    wait: milliseconds('wait'),
    pace: milliseconds('pace'),
    driver: values.driver,
    driverWait: milliseconds('driver-wait'),
    rpcCookie: values['rpc-cookie'],
    json: values.json,
    junit: values.junit,
    tap: values.tap,
    html: values.html,
    summary: values.summary,
    label: values.label,
    address: undefined,
    listen: undefined,
    files: [],
  }
  if (values.help === true) return { ...shared, action: 'help' }
  const [first, ...rest] = positionals
  const kind =
    values.list === true
      ? '--list'
      : first === 'merge'
        ? 'merge'
        : values.listen === undefined
          ? 'a target'
          : '--listen'
  const odd = (Object.keys(values) as OptionName[]).find((name) => !TAKES[kind].includes(name))
  if (odd !== undefined) throw new UsageError(`--${odd} does not go with ${kind}`)
  if (command !== undefined && kind !== '--listen')
    throw new UsageError('a command after -- goes with --listen')
  refuseOnePlaceForTwo(shared)
  switch (kind) {
    case '--list':
      if (first !== undefined) throw new UsageError(`--list takes no target: '${first}'`)
      return { ...shared, action: 'list' }
    case 'merge':
      if (rest.length === 0) throw new UsageError('merge takes reports: those of --json')
      return { ...shared, action: 'merge', files: rest }
    case '--listen': {
      if (first !== undefined) throw new UsageError(`--listen takes no target: '${first}'`)
      if (command === undefined || command.length === 0)
        throw new UsageError('--listen takes a command after --')
      return {
        ...shared,
        action: 'run',
        listen: { port: number('--listen', values.listen!, 65_535), command },
      }
    }
    case 'a target':
      if (first === undefined || rest.length > 0) throw new UsageError('one target is to be named: HOST:PORT')
      if (values.driver === undefined && (shared.driverWait ?? shared.rpcCookie) !== undefined)
        throw new UsageError('--driver-wait and --rpc-cookie go with --driver')
      return { ...shared, action: 'run', address: readable(first) }
  }
}

/** An address that can be dialled by TCP. @throws UsageError */
function readable(text: string): string {
  try {
    const { network } = parsePeerAddress(text, { defaultPort: regtest.defaultPort })
    if (network !== 'torv3' && network !== 'i2p') return text
  } catch (cause) {
    throw new UsageError(`HOST:PORT is not '${text}': ${(cause as Error).message}`, { cause })
  }
  throw new UsageError(`'${text}' cannot be reached by TCP alone`)
}

/** The second would take the place of the first, or stand behind it. @throws UsageError */
function refuseOnePlaceForTwo(places: Pick<Arguments, (typeof REPORTS)[number]>): void {
  const taken = new Map<string, string>()
  for (const name of REPORTS) {
    const place = places[name]
    if (place === undefined) continue
    const file = place === '-' ? place : resolve(place)
    const other = taken.get(file)
    if (other !== undefined) throw new UsageError(`--${other} and --${name} cannot both go to ${place}`)
    taken.set(file, name)
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { ...flag, short: 'h' },
        list: flag,
        only: { ...text, multiple: true },
        transport: text,
        strict: flag,
        quiet: flag,
        expect: text,
        wait: text,
        pace: text,
        driver: text,
        'driver-wait': text,
        'rpc-cookie': text,
        listen: text,
        json: text,
        junit: text,
        tap: text,
        html: text,
        summary: text,
        label: text,
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function number(option: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
  throw new UsageError(`${option} takes a number from 1 to ${most}, not '${text}'`)
}

/** Whether a case is among those that `--only` names; all are where it names none. */
export function isChosen(name: string, only: readonly string[]): boolean {
  if (only.length === 0) return true
  return only.some((pattern) => {
    if (!pattern.includes('*')) return name.startsWith(pattern)
    const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${literal.join('.*')}$`).test(name)
  })
}
