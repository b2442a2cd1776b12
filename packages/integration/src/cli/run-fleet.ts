import { isIntegrationError } from '../errors/integration-error.ts'
import { parseNumber, readOptions } from './arguments.ts'
import { DEFAULT_FLEET, fleetRun, type FleetRunOptions } from './fleet-run.ts'
import { FLEET_LISTENERS, FLEET_WORKERS } from './fleet-limits.ts'
import { printableLines } from '../errors/printable.ts'

const SECONDS = { least: 3, most: 120 }
const SECOND = 1_000

const USAGE = `Usage: sapwood-integration fleet [--listeners N] [--workers N] [--deadline SECONDS]

Crawl workers, each in a process of its own, that share a frontier on a NATS server, over listeners of this machine that
speak v1 or v2 or are hostile. A third of the workers are killed in the middle, who and when being drawn; in the end
each node that answers was found once.
NATS needs its packages: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv

Options:
  --listeners N       ${FLEET_LISTENERS.least} to ${FLEET_LISTENERS.most} (default ${DEFAULT_FLEET.listeners}), each on an address of 127.0.0.0/8 of its own
  --workers N         ${FLEET_WORKERS.least} to ${FLEET_WORKERS.most} (default ${DEFAULT_FLEET.workers})
  --deadline SECONDS  for one visit, ${SECONDS.least} to ${SECONDS.most} (default ${DEFAULT_FLEET.deadline / SECOND}); what a killed worker had is handed out after it
  -h, --help          print this

Exit code: 0 when each was found once, 1 when not, 2 when the command line was not understood.`

/** Runs `sapwood-integration fleet`. @returns its exit code. */
export async function runFleet(args: readonly string[]): Promise<number> {
  try {
    const options = readArguments(args)
    if (options === undefined) {
      console.log(USAGE)
      return 0
    }
    const output = {
      result: (text: string): void => console.log(printableLines(text)),
      note: (text: string): void => console.error(printableLines(text)),
    }
    await fleetRun(output, options)
    return 0
  } catch (error) {
    console.error(printableLines(error instanceof Error ? error.message : String(error)))
    return isIntegrationError(error) && error.code === 'usage' ? 2 : 1
  }
}

function readArguments(args: readonly string[]): FleetRunOptions | undefined {
  const number = { type: 'string' } as const
  const values = readOptions(args, {
    help: { type: 'boolean', short: 'h' },
    listeners: number,
    workers: number,
    deadline: number,
  })
  if (values.help === true) return undefined
  const seconds = parseNumber('--deadline', values.deadline, SECONDS)
  return {
    listeners: parseNumber('--listeners', values.listeners, FLEET_LISTENERS) ?? DEFAULT_FLEET.listeners,
    workers: parseNumber('--workers', values.workers, FLEET_WORKERS) ?? DEFAULT_FLEET.workers,
    deadline: seconds === undefined ? DEFAULT_FLEET.deadline : seconds * SECOND,
  }
}
