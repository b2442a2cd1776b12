import { appendFile, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { printableLines } from '@sapwood/integration'
import { isWireAssertionError } from '@sapwood/integration/test-peer'
import { allCases, diallingCases, listeningCases } from '../cases/all-cases.ts'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { type Driver, isDriverError } from '../driver/driver.ts'
import { openDriver } from '../driver/open-driver.ts'
import { type CaseResult, counts, type Report } from '../model/result.ts'
import {
  type Expectations,
  noLongerFailing,
  readExpectations,
  withExpectations,
} from '../report/expectations.ts'
import { htmlOf } from '../report/html.ts'
import { catalogueOf, caseLineOf } from '../report/catalogue.ts'
import { labelled } from '../report/labels.ts'
import { markdownOf } from '../report/markdown.ts'
import { junitOf } from '../report/junit.ts'
import { readReport } from '../report/read-report.ts'
import { tapOf } from '../report/tap.ts'
import { lineOf, summaryOf } from '../report/text.ts'
import { TargetError } from '../model/target-error.ts'
import { runDialling } from '../run/run-dialling.ts'
import { runListening } from '../run/run-listening.ts'
import { type Arguments, isChosen, parseArguments, UsageError, usageOf } from './arguments.ts'

/** A node of another network hangs up, or says nothing: the wire alone does not tell why. */
const WHAT_IT_HAS_TO_SPEAK = 'What the suite is run on has to be on regtest, and to speak v1 or v2 there.'

/** What the command ends with; the usage says when. */
const EXIT = { good: 0, failed: 1, usage: 2, unreachable: 3, driver: 4, interrupted: 130 } as const

/**
 * Runs the command line of `conform`, and prints what it prints.
 * @param args What follows the command's name; `--help` lists the options.
 * @param signal Ends a run: what has been run until then is reported.
 * @param name What the command is called in what it says. Default: `conform`.
 * @returns its exit code, as `--help` says.
 */
export async function conform(
  args: readonly string[],
  signal?: AbortSignal,
  name = 'conform',
): Promise<number> {
  const complain = (text: string): void => {
    // What others have said is in it: user agents, a program's last words.
    console.error(`${name}: ${printableLines(text)}`)
  }
  try {
    return await act(parseArguments(args), signal, name)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (error instanceof UsageError) {
      complain(`${why}\nTry --help.`)
      return EXIT.usage
    }
    if (signal?.aborted === true) {
      complain('it was interrupted before the first case')
      return EXIT.interrupted
    }
    const isWire = isWireAssertionError(error) || isWireAssertionError((error as Error).cause)
    complain(isWire ? `${why}\n${WHAT_IT_HAS_TO_SPEAK}` : why)
    if (isDriverError(error)) return EXIT.driver
    return isWire || error instanceof TargetError ? EXIT.unreachable : EXIT.failed
  }
}

async function act(options: Arguments, signal: AbortSignal | undefined, name: string): Promise<number> {
  switch (options.action) {
    case 'help':
      console.log(usageOf(name))
      return EXIT.good
    case 'list':
      if (options.json !== undefined) await put(options.json, catalogueOf(chosen(allCases, options)))
      else for (const each of chosen(allCases, options)) console.log(caseLineOf(each))
      return EXIT.good
    case 'merge':
      await put(
        options.html ?? '-',
        htmlOf(labelled(await Promise.all(options.files.map(reportIn)), options.files)),
      )
      return EXIT.good
    case 'run':
      return await run(options, signal)
  }
}

/** The cases that are named. @throws UsageError where there are none. */
function chosen<C extends { readonly name: string }>(
  cases: readonly C[],
  { only }: Pick<Arguments, 'only'>,
): readonly C[] {
  const found = cases.filter(({ name }) => isChosen(name, only))
  if (found.length === 0) throw new UsageError('no case has such a name')
  return found
}

async function run(options: Arguments, signal: AbortSignal | undefined): Promise<number> {
  const known = await knownFailures(options.expect)
  await checkPlaces(options)
  const toScreen = placesOf(options).includes('-')
  const print = toScreen ? console.error : console.log
  const say = (line: string): void => print(printableLines(line))
  const onResult = (result: CaseResult): void => {
    const marked = withExpectations(result, known)
    if (!options.quiet || marked.verdict === 'failed') say(lineOf(marked))
  }
  const { transports, wait, pace } = options
  const how = {
    transports,
    onResult,
    ...(wait !== undefined && { wait }),
    ...(signal !== undefined && { signal }),
  }
  const whole =
    options.listen === undefined
      ? await runListening(chosen(listeningCases, options), {
          address: options.address!,
          ...how,
          ...(pace !== undefined && { pace }),
          ...(await driverOf(options)),
        })
      : await runDialling(chosen(diallingCases, options), { ...options.listen, ...how })
  const report: Report = {
    ...whole,
    ...(options.label !== undefined && { label: options.label }),
    results: whole.results.map((result) => withExpectations(result, known)),
  }
  const unwritten = await writeReports(report, options)
  say(summaryOf(report))
  const stale = noLongerFailing(report.results, known)
  for (const line of stale) say(`passes, and is among the known failures: ${line}`)
  if (unwritten !== undefined) throw unwritten
  if (signal?.aborted === true) return EXIT.interrupted
  if (report.unfinished !== undefined) return EXIT.unreachable
  const failed = stale.length > 0 || report.results.some((result) => counts(result, options.strict))
  if (failed) return EXIT.failed
  return report.results.some(({ driverFailed }) => driverFailed === true) ? EXIT.driver : EXIT.good
}

/** @throws UsageError where the file cannot be read, or names what is no case. */
async function knownFailures(file: string | undefined): Promise<Expectations> {
  if (file === undefined) return new Set()
  const known = readExpectations(await textOf(file))
  const names = new Set(allCases.map(({ name }) => name))
  const unknown = [...known].find((line) => !names.has(line.replace(/^v[12] +/, '')))
  if (unknown !== undefined) throw new UsageError(`${file}: no case has the name '${unknown}'`)
  return known
}

/** A report that could not be written would be known of only when all has been run. @throws UsageError */
async function checkPlaces(options: Arguments): Promise<void> {
  for (const file of placesOf(options)) {
    if (file === undefined || file === '-') continue
    const isThere = (await stat(file).catch(() => undefined)) !== undefined
    try {
      await (await open(file, 'a')).close()
      // An empty file would be left of a run that comes to no report.
      if (!isThere) await rm(file)
    } catch (cause) {
      throw unwritable(cause)
    }
  }
}

function placesOf({ json, junit, tap, html, summary }: Arguments): readonly (string | undefined)[] {
  return [json, junit, tap, html, summary]
}

function unwritable(cause: unknown): UsageError {
  return new UsageError(`a report cannot be written: ${(cause as Error).message}`, { cause })
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

async function driverOf({ driver, driverWait, rpcCookie }: Arguments): Promise<{
  readonly driver?: Driver
  readonly driverWait?: number
}> {
  if (driver === undefined) return {}
  const cookie = rpcCookie === undefined ? {} : { cookieFile: rpcCookie }
  const opened = await openDriver(driver, {
    clock: systemClock,
    ...cookie,
    ...(driverWait !== undefined && { timeout: driverWait }),
  })
  return { driver: opened, ...(driverWait !== undefined && { driverWait }) }
}

/** Writes those that can be written. @returns why the first of the others could not. */
async function writeReports(
  report: Report,
  { json, junit, tap, html, summary }: Arguments,
): Promise<UsageError | undefined> {
  const all: readonly (readonly [string | undefined, () => string, typeof appendFile?])[] = [
    [json, () => `${JSON.stringify(report, null, 2)}\n`],
    [junit, () => junitOf(report)],
    [tap, () => tapOf(report)],
    [html, () => htmlOf([report])],
    // Other steps of a job have theirs in the same file.
    [summary, () => markdownOf(report), appendFile],
  ]
  let unwritten: UsageError | undefined
  for (const [file, textOf, write] of all) {
    if (file === undefined) continue
    try {
      await put(file, textOf(), write)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      unwritten ??= error
    }
  }
  return unwritten
}

/** @throws UsageError */
async function put(
  file: string,
  text: string,
  write: (file: string, text: string) => Promise<void> = writeFile,
): Promise<void> {
  try {
    // All of it is out before the process ends.
    if (file === '-') await new Promise<unknown>((resolve) => process.stdout.write(text, resolve))
    else await write(file, text)
  } catch (cause) {
    throw unwritable(cause)
  }
}

async function reportIn(file: string): Promise<Report> {
  const report = readReport(await textOf(file))
  if (report === undefined) throw new UsageError(`${file} is no report of conform`)
  return report
}
