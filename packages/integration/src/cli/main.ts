import { isIntegrationError } from '../errors/integration-error.ts'
import { parseArguments, USAGE } from './arguments.ts'
import { printableLines } from '../errors/printable.ts'

/** Exit code for a command line that was not understood. */
const BAD_USAGE = 2

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2))
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  // Not before they are needed: a wrong option is to be said at once.
  const [{ mainJob }, { progressBar }] = await Promise.all([
    import('./main-job.ts'),
    import('./progress-bar.ts'),
  ])
  await mainJob(options, {
    result: (text) => console.log(printableLines(text)),
    note: (text) => console.error(printableLines(text)),
    progress: progressBar(),
  })
  return 0
}

function failed(error: unknown): number {
  const usage = isIntegrationError(error) && error.code === 'usage'
  console.error(printableLines(`sapwood: ${error instanceof Error ? error.message : String(error)}`))
  if (usage) console.error('Try --help.')
  return usage ? BAD_USAGE : 1
}

// Exits by itself even where something has been left open; whatever was started ends with us.
process.exit(await main().catch(failed))
