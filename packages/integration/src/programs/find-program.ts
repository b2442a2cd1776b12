import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'
import { type AptSource, debianSources, distributionSources } from './apt-sources.ts'
import { cacheFolder, makeCacheFolder } from './cache-folder.ts'
import { unpackDebianPackages } from './debian-packages.ts'
import { wallTime } from './default-sleep.ts'
import {
  type Installation,
  isExecutableFile,
  placeInstallation,
  readInstallation,
  removeAbandoned,
} from './installation.ts'
import { withMachineLock } from './machine-lock.ts'
import { folderUnusable } from './usable-folder.ts'

/** How a program is had from Debian packages. */
export interface DebianProgram {
  readonly packages: readonly string[]
  /** The executable's path inside the packages, without a leading slash: `usr/bin/microsocks`. */
  readonly executable: string
  /** Suites of Debian to take them from; those of the machine's own distribution by default. */
  readonly suites?: readonly string[]
  /** Archives to take them from in the place of Debian's. */
  readonly sources?: readonly AptSource[]
  /**
   * Which C library it runs with. `own` (the default) starts it by the unpacked loader, so that it runs on
   * any distribution; `system` leaves that to the machine, for programs that start themselves again.
   */
  readonly libraries?: 'own' | 'system'
}

/** A program that tests need, and how to get it. */
export interface ProgramSpec {
  /** Its name on PATH; also the name of its folder in the cache. */
  readonly name: string
  /** Other names that it goes by on PATH. */
  readonly otherNames?: readonly string[]
  /** An environment variable that holds the path of the executable; when it is set nothing else is tried. */
  readonly variable?: string
  readonly debian?: DebianProgram
  /**
   * Another way to install it, tried after Debian packages.
   * @param folder an empty folder to install into.
   * @returns the executable's path inside the folder.
   */
  readonly install?: (folder: string) => Promise<string>
}

/** A program that was found, and how it is started. */
export interface Program {
  readonly name: string
  /** The executable with the arguments that have to stand before the program's own (an unpacked loader's). */
  readonly command: readonly string[]
  /** To be added to its environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly origin: 'variable' | 'path' | 'cache' | 'installed'
  /** What it was installed from: `name=version` of each package. Empty where it was found. */
  readonly packages: readonly string[]
  /** The folder that it was unpacked to, where it was. */
  readonly folder?: string
}

/** Where a program is looked for. */
export interface FindProgramOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where it is kept: the `SAPWOOD_CACHE` variable, else `.cache` in the root of the project. */
  readonly cache?: string
  /** False to look only, and install nothing. */
  readonly install?: boolean
  /** Told, in a line, what takes its time. */
  readonly onProgress?: (line: string) => void
}

/** What to do where the cache folder cannot be written. */
const CACHE_ADVICE = 'set SAPWOOD_CACHE to a folder that can be written'
/** Where servers are on Debian; an ordinary user's PATH lacks them. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * Finds a program: in its environment variable, on PATH, in the cache folder; else installs it there. Any
 * number of processes may ask for the same one at once: one installs, the others wait. What is left of an
 * installation that was restored in part is taken away and installed anew; one that was cut off is taken up
 * again: what had been downloaded stays.
 * @throws IntegrationError `program-not-found`, with all that was tried and what can be done;
 * `folder-unusable` where the cache folder cannot be written.
 */
export async function findProgram(spec: ProgramSpec, options: FindProgramOptions = {}): Promise<Program> {
  const environment = options.environment ?? process.env
  const chosen = spec.variable === undefined ? undefined : environment[spec.variable]
  if (spec.variable !== undefined && chosen) return fromVariable(spec, spec.variable, chosen)
  const onItsPath = onPath(spec, environment['PATH'] ?? '')
  if (onItsPath !== undefined) return simple(spec, onItsPath, 'path')
  const folder = join(options.cache ?? cacheFolder(environment), spec.name)
  const found = readInstallation(folder)
  if (found.state === 'whole') return fromCache(spec, folder, found.installation, 'cache')
  const remains = found.state === 'none' ? 'not there' : `broken: ${found.why}`
  const tried = [`${namesOf(spec).join(', ')} on PATH: not there`, `${folder}: ${remains}`]
  if (options.install === false) throw notFound(spec, tried)
  return await withMachineLock(folder, async () => {
    const byAnother = readInstallation(folder)
    if (byAnother.state === 'whole') return fromCache(spec, folder, byAnother.installation, 'cache')
    options.onProgress?.(`installing ${spec.name} into ${folder}`)
    await install(spec, folder, tried, options.onProgress)
    const installed = readInstallation(folder)
    if (installed.state !== 'whole') throw notFound(spec, tried)
    return fromCache(spec, folder, installed.installation, 'installed')
  })
}

function fromVariable(spec: ProgramSpec, variable: string, chosen: string): Program {
  const executable = resolve(chosen)
  if (isExecutableFile(executable)) return simple(spec, executable, 'variable')
  throw notFound(spec, [`${variable}=${chosen}: not a file that can be run`])
}

function onPath(spec: ProgramSpec, path: string): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => isAbsolute(folder)), ...SYSTEM_FOLDERS]
  for (const name of namesOf(spec)) {
    for (const folder of folders) {
      if (isExecutableFile(join(folder, name))) return join(folder, name)
    }
  }
  return undefined
}

function fromCache(
  spec: ProgramSpec,
  folder: string,
  installation: Installation,
  origin: Program['origin'],
): Program {
  const inside = (path: string): string => join(folder, path)
  const executable = inside(installation.executable)
  const libraryPath = installation.libraries.map(inside).join(':')
  const { loader } = installation
  return {
    name: spec.name,
    command:
      loader === undefined ? [executable] : [inside(loader), '--library-path', libraryPath, executable],
    environment: loader === undefined && libraryPath !== '' ? { LD_LIBRARY_PATH: libraryPath } : {},
    origin,
    packages: installation.packages,
    folder,
  }
}

async function install(
  spec: ProgramSpec,
  folder: string,
  tried: string[],
  onProgress: FindProgramOptions['onProgress'],
): Promise<void> {
  const aptFolder = join(dirname(folder), 'downloads', `${spec.name}.apt`)
  const ways: (readonly [string, (into: string) => Promise<Installation>])[] = []
  const { debian, install: other } = spec
  if (debian !== undefined) {
    ways.push([
      `Debian packages ${debian.packages.join(' ')}`,
      (into) => fromDebian(debian, into, aptFolder, onProgress),
    ])
  }
  if (other !== undefined) {
    const installation = async (into: string): Promise<Installation> => ({
      executable: await other(into),
      libraries: [],
      packages: [],
    })
    ways.push(['download', installation])
  }
  await makeCacheFolder(dirname(folder), CACHE_ADVICE)
  await removeAbandoned(folder, wallTime())
  for (const [way, make] of ways) {
    // Made beside its place and moved there whole: a half-made installation is never taken for a program.
    const unfinished = await makeUnfinished(folder)
    try {
      await placeInstallation(unfinished, await make(unfinished), folder)
      await rm(aptFolder, { recursive: true, force: true }).catch(() => undefined)
      return
    } catch (error) {
      tried.push(`${way}: ${error instanceof Error ? error.message : String(error)}`)
      // What cannot be removed now is removed when it is old.
      await rm(unfinished, { recursive: true, force: true }).catch(() => undefined)
    }
  }
}

async function makeUnfinished(folder: string): Promise<string> {
  try {
    return await mkdtemp(`${folder}.unfinished-`)
  } catch (cause) {
    throw folderUnusable(dirname(folder), CACHE_ADVICE, cause)
  }
}

async function fromDebian(
  debian: DebianProgram,
  folder: string,
  aptFolder: string,
  onProgress: FindProgramOptions['onProgress'],
): Promise<Installation> {
  const { suites } = debian
  const sources = debian.sources ?? (suites === undefined ? distributionSources() : debianSources(suites))
  const own = debian.libraries !== 'system'
  const packages = await unpackDebianPackages(folder, debian.packages, {
    sources,
    aptFolder,
    beside: !own,
    ...(onProgress !== undefined && { onProgress }),
  })
  if (!own) await leaveOutCLibrary(folder)
  const libraries = await libraryFolders(folder)
  const loader = own ? await findLoader(folder, libraries) : undefined
  return {
    executable: debian.executable,
    ...(loader !== undefined && { loader }),
    libraries,
    packages,
  }
}

/**
 * Folders of shared libraries, relative to `folder`: `usr/lib/x86_64-linux-gnu`, and those in it that hold
 * some too.
 */
async function libraryFolders(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  const look = async (path: string, deeper: boolean): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => [])
    if (deeper || entries.some(({ name }) => /^lib.*\.so/.test(name))) found.push(path)
    if (!deeper) return
    for (const entry of entries) if (entry.isDirectory()) await look(join(path, entry.name), false)
  }
  for (const parent of ['usr/lib', 'lib']) {
    const names = await readdir(join(folder, parent)).catch(() => [])
    for (const name of names) if (name.includes('-linux-gnu')) await look(join(parent, name), true)
  }
  return found
}

async function findLoader(folder: string, libraries: readonly string[]): Promise<string> {
  for (const library of libraries) {
    const names = await readdir(join(folder, library))
    const loader = names.find((name) => /^ld-linux.*\.so\.\d+$/.test(name))
    if (loader !== undefined) return relative(folder, join(folder, library, loader))
  }
  throw new IntegrationError('command-failed', 'the unpacked packages hold no dynamic loader')
}

/** The machine's own C library has to go with its own loader: a newer one that was unpacked is left out. */
async function leaveOutCLibrary(folder: string): Promise<void> {
  const parts =
    /^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|nsl|anl|mvec|nss_.*|thread_db|BrokenLocale))\.so\.\d+$/
  for (const library of await libraryFolders(folder)) {
    for (const name of await readdir(join(folder, library))) {
      if (parts.test(name)) await rm(join(folder, library, name))
    }
  }
}

function simple(spec: ProgramSpec, executable: string, origin: Program['origin']): Program {
  return { name: spec.name, command: [executable], environment: {}, origin, packages: [] }
}

function namesOf(spec: ProgramSpec): readonly string[] {
  return [spec.name, ...(spec.otherNames ?? [])]
}

function notFound(spec: ProgramSpec, tried: readonly string[]): IntegrationError {
  const advice =
    spec.variable === undefined
      ? `Install ${spec.name} so that it is on PATH.`
      : `Install ${spec.name} so that it is on PATH, or set ${spec.variable} to its executable.`
  const message = `${spec.name} was not found and could not be installed.\n  tried: ${tried.join('\n  tried: ')}\n  ${advice}`
  return new IntegrationError('program-not-found', message, { tried })
}
