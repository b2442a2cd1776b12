import { open, readFile, writeFile } from 'node:fs/promises'
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
import { junitOf } from '../report/junit.ts'
import { tapOf } from '../report/tap.ts'
import { lineOf, summaryOf } from '../report/text.ts'
import { TargetError } from '../model/target-error.ts'
import { runDialling } from '../run/run-dialling.ts'
import { runListening } from '../run/run-listening.ts'
import { type Arguments, isChosen, parseArguments, USAGE, UsageError } from './arguments.ts'

/** What the command ends with; the usage says when. */
const EXIT = { good: 0, failed: 1, usage: 2, unreachable: 3, driver: 4 } as const

/** Runs the command line. @returns its exit code. */
export async function conform(args: readonly string[]): Promise<number> {
  try {
    return await act(parseArguments(args))
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`conform: ${error.message}\nTry --help.`)
      return EXIT.usage
    }
    console.error(`conform: ${error instanceof Error ? error.message : String(error)}`)
    if (isDriverError(error)) return EXIT.driver
    const isWire = isWireAssertionError(error) || isWireAssertionError((error as Error).cause)
    return isWire || error instanceof TargetError ? EXIT.unreachable : EXIT.failed
  }
}

async function act(options: Arguments): Promise<number> {
  switch (options.action) {
    case 'help':
      console.log(USAGE)
      return EXIT.good
    case 'list':
      for (const { name, level, side, source } of allCases) {
        if (isChosen(name, options.only))
          console.log(`${level.padEnd(6)} ${side.padEnd(7)} ${name}  ${source.says}`)
      }
      return EXIT.good
    case 'merge':
      await put(options.html ?? '-', htmlOf(await Promise.all(options.files.map(readReport))))
      return EXIT.good
    case 'run':
      return await run(options)
  }
}

async function run(options: Arguments): Promise<number> {
  const known = await knownFailures(options.expect)
  await checkPlaces(options)
  const toScreen = [options.json, options.junit, options.tap, options.html].includes('-')
  const say = toScreen ? console.error : console.log
  const onResult = (result: CaseResult): void => {
    const marked = withExpectations(result, known)
    if (!options.quiet || marked.verdict === 'failed') say(lineOf(marked))
  }
  const { transports, wait } = options
  const how = { transports, onResult, ...(wait !== undefined && { wait }) }
  const chosen = <C extends { readonly name: string }>(cases: readonly C[]): readonly C[] => {
    const found = cases.filter(({ name }) => isChosen(name, options.only))
    if (found.length === 0) throw new UsageError('no case has such a name')
    return found
  }
  const whole =
    options.listen === undefined
      ? await runListening(chosen(listeningCases), {
          address: options.address!,
          ...how,
          ...(await driverOf(options)),
        })
      : await runDialling(chosen(diallingCases), { ...options.listen, ...how })
  const report: Report = { ...whole, results: whole.results.map((result) => withExpectations(result, known)) }
  await writeReports(report, options)
  say(summaryOf(report))
  const stale = noLongerFailing(report.results, known)
  for (const line of stale) say(`passes, and is among the known failures: ${line}`)
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
async function checkPlaces({ json, junit, tap, html }: Arguments): Promise<void> {
  for (const file of [json, junit, tap, html]) {
    if (file === undefined || file === '-') continue
    try {
      await (await open(file, 'a')).close()
    } catch (cause) {
      throw new UsageError(`a report cannot be written: ${(cause as Error).message}`, { cause })
    }
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
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

async function writeReports(report: Report, { json, junit, tap, html }: Arguments): Promise<void> {
  if (json !== undefined) await put(json, `${JSON.stringify(report, null, 2)}\n`)
  if (junit !== undefined) await put(junit, junitOf(report))
  if (tap !== undefined) await put(tap, tapOf(report))
  if (html !== undefined) await put(html, htmlOf([report]))
}

async function put(file: string, text: string): Promise<void> {
  if (file === '-') process.stdout.write(text)
  else await writeFile(file, text)
}

async function readReport(file: string): Promise<Report> {
  const text = await textOf(file)
  let report: Partial<Report> | null
  try {
    report = JSON.parse(text) as Partial<Report> | null
  } catch (cause) {
    throw new UsageError(`${file} is no report of conform`, { cause })
  }
  if (report?.format !== 1 || !Array.isArray(report.results))
    throw new UsageError(`${file} is no report of conform`)
  return report as Report
}
