import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import {
  findProgram,
  type FindProgramOptions,
  type Program,
  type ProgramSpec,
} from '../programs/find-program.ts'
import { type RunningProcess, startProcess } from '../programs/start-process.ts'
import { makeTemporaryFolder } from '../programs/usable-folder.ts'

/** Chromium, which starts itself again and so has to run with the machine's own C library and loader. */
const CHROMIUM: ProgramSpec = {
  name: 'chromium',
  otherNames: ['chromium-browser', 'google-chrome-stable', 'google-chrome'],
  variable: 'CHROMIUM',
  debian: { packages: ['chromium'], executable: 'usr/lib/chromium/chromium', libraries: 'system' },
}

/** A browser that reaches nothing by itself and needs no user namespaces. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** What the folders of profiles begin with. */
const PROFILE = 'sapwood-chromium-'

/**
 * Finds Chromium: the `CHROMIUM` variable, PATH (Google Chrome too), the cache folder; else unpacks it there
 * from Debian packages.
 * @throws IntegrationError `program-not-found`
 */
async function findChromium(options: FindProgramOptions = {}): Promise<Program> {
  return await findProgram(CHROMIUM, options)
}

/** A headless browser with a profile of its own. */
export interface Browser extends AsyncDisposable {
  /** Playwright's handle on it. */
  readonly context: BrowserContext
  close(): Promise<void>
}

/**
 * Starts a headless Chromium.
 * @throws IntegrationError `program-not-found`; Playwright's own errors when it does not start.
 */
export async function launchChromium(options: FindProgramOptions = {}): Promise<Browser> {
  const program = await findChromium(options)
  const profile = await makeTemporaryFolder(PROFILE)
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const removeProfile = (): Promise<void> => removeFolder(profile)
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: program.command[0]!,
      headless: true,
      chromiumSandbox: false,
      args: FLAGS,
      env: { ...Object.fromEntries(inherited), ...program.environment, ...fontEnvironment(program) },
    })
    const close = async (): Promise<void> => {
      await context.close()
      await removeProfile()
    }
    return { context, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await removeProfile()
    throw error
  }
}

/**
 * The same, whose pages are hidden while another is in front, and can be frozen, as those of a person can:
 * Playwright has every page of a browser that it starts believe that it is looked at.
 * @throws IntegrationError `program-not-found`, `process-exited`, `timeout`; Playwright's own errors.
 */
export async function launchHidingChromium(options: FindProgramOptions = {}): Promise<Browser> {
  const program = await findChromium(options)
  const profile = await makeTemporaryFolder(PROFILE)
  const own = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank']
  let running: RunningProcess | undefined
  const close = async (): Promise<void> => {
    await running?.kill()
    await removeFolder(profile)
  }
  try {
    running = await startProcess([...program.command, ...FLAGS, ...own], {
      environment: { ...program.environment, ...fontEnvironment(program) },
      removeFolder: profile,
    })
    const [, address] = await running.waitForOutput(/DevTools listening on (ws:\S+)/)
    const browser = await chromium.connectOverCDP(address!, { noDefaults: true })
    return { context: browser.contexts()[0]!, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** An unpacked Chromium brings the configuration of its fonts along, which is not where it looks for it. */
function fontEnvironment({ folder }: Program): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { FONTCONFIG_PATH: join(folder, 'etc/fonts') }
}
