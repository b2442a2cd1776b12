import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import {
  findProgram,
  type FindProgramOptions,
  type Program,
  type ProgramSpec,
} from '../programs/find-program.ts'
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
  const profile = await makeTemporaryFolder('sapwood-chromium-')
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const removeProfile = (): Promise<void> => rm(profile, { recursive: true, force: true, maxRetries: 5 })
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

/** An unpacked Chromium brings the configuration of its fonts along, which is not where it looks for it. */
function fontEnvironment({ folder }: Program): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { FONTCONFIG_PATH: join(folder, 'etc/fonts') }
}
