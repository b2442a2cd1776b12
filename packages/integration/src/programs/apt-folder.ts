import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AptSource, formatSources } from './apt-sources.ts'
import { sha256OfFile } from './file-hash.ts'
import { runCommand } from './run-command.ts'

/** Longest that reading the package lists may take, in milliseconds. */
const UPDATE_TIMEOUT = 180_000
/** Longest that the download of the packages may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 600_000

/**
 * The machine's own ways to reach an archive (proxies, checks of dates): the only settings of it that we
 * keep.
 */
const KEPT_SETTINGS = /^Acquire::(http|https|Check-|ForceIPv)/

/** Which packages the machine has already. */
const SYSTEM_STATUS = '/var/lib/dpkg/status'

/** What apt says of a file that is not the one which its archive has signed. */
const WRONG_FILE = /mismatch|unexpected size/i

/** A package that is to be had, as apt has resolved it. */
export interface WantedPackage {
  /** The name of its file: `libc6_2.41-12_amd64.deb`, with the colon of an epoch as `%3a`. */
  readonly file: string
  /** In hex; undefined where the archive signs no SHA-256 of it. */
  readonly sha256: string | undefined
  /** Where it is, where its archive is a folder of this machine: apt makes no copy of it. */
  readonly local: string | undefined
}

/**
 * A folder with all that apt knows and fetches, and nothing of the machine's own. It outlives the process:
 * who comes after one that was killed finds its lists, its packages, and the part of one that had come.
 */
export class AptFolder {
  readonly #folder: string
  readonly #environment: Readonly<Record<string, string>>

  private constructor(folder: string) {
    this.#folder = folder
    this.#environment = {
      APT_CONFIG: join(folder, 'apt.conf'),
      DEBIAN_FRONTEND: 'noninteractive',
      // What it says is read.
      LC_ALL: 'C',
    }
  }

  /** @param beside whether the machine's own packages are taken for granted. */
  static async open(folder: string, sources: readonly AptSource[], beside: boolean): Promise<AptFolder> {
    const apt = new AptFolder(folder)
    for (const inner of [apt.#lists, apt.#archives]) await mkdir(join(inner, 'partial'), { recursive: true })
    await mkdir(join(folder, 'sources'), { recursive: true })
    await writeFile(join(folder, 'sources/sapwood.sources'), formatSources(sources))
    const settings = [
      `Dir::State::status "${beside ? SYSTEM_STATUS : '/dev/null'}";`,
      ...(await keptSettings()),
    ]
    await writeFile(join(folder, 'apt.conf'), privateConfiguration(folder, settings))
    return apt
  }

  /** Brings the lists of packages up to date; what is there already is not fetched again. */
  async update(): Promise<void> {
    await runCommand(['apt-get', 'update', '-q'], { environment: this.#environment, timeout: UPDATE_TIMEOUT })
  }

  /** Whether there are lists of packages. */
  async hasLists(): Promise<boolean> {
    return (await readdir(this.#lists)).some((name) => name.includes('Release'))
  }

  /** Takes the lists of packages away, and what has come of any. */
  async forgetLists(): Promise<void> {
    await rm(this.#lists, { recursive: true, force: true })
    await mkdir(join(this.#lists, 'partial'), { recursive: true })
  }

  /** The packages, and all that they depend on, by the lists. */
  async resolve(packages: readonly string[]): Promise<readonly WantedPackage[]> {
    const nothing = join(this.#folder, 'nothing')
    await mkdir(join(nothing, 'partial'), { recursive: true })
    // What is there already would not be told: it is looked for where there is nothing.
    const settings = ['-o', `Dir::Cache::archives=${nothing}`, '-o', 'Acquire::ForceHash=SHA256']
    const command = ['apt-get', 'install', '-qq', '-y', '--print-uris', ...settings, ...packages]
    return readWanted(await runCommand(command, { environment: this.#environment }))
  }

  /**
   * Takes away what is none of the packages, or not the whole of one: apt itself would look at the size
   * alone.
   * @returns how many are there.
   */
  async keepWhole(wanted: readonly WantedPackage[]): Promise<number> {
    const hashes = new Map(wanted.map(({ file, sha256 }) => [file, sha256]))
    let whole = 0
    for (const name of await readdir(this.#archives)) {
      if (!name.endsWith('.deb')) continue
      const path = join(this.#archives, name)
      const sha256 = hashes.get(name)
      if (sha256 !== undefined && (await sha256OfFile(path)) === sha256) whole += 1
      else await rm(path, { force: true })
    }
    for (const name of await readdir(this.#partial)) {
      if (!hashes.has(name)) await rm(join(this.#partial, name), { recursive: true, force: true })
    }
    return whole
  }

  /** Fetches the packages that are not there, and what is left of one that has come in part. */
  async fetch(packages: readonly string[]): Promise<void> {
    const command = ['apt-get', 'install', '-q', '-y', '--download-only', ...packages]
    const begun = (await readdir(this.#partial)).length > 0
    const run = () => runCommand(command, { environment: this.#environment, timeout: DOWNLOAD_TIMEOUT })
    try {
      await run()
    } catch (error) {
      // The beginning that was there was of something else.
      if (!begun || !WRONG_FILE.test(String((error as { readonly stderr?: string }).stderr))) throw error
      await rm(this.#partial, { recursive: true, force: true })
      await mkdir(this.#partial)
      await run()
    }
  }

  /** Where the file of a package is. */
  pathOf({ file, local }: WantedPackage): string {
    return local ?? join(this.#archives, file)
  }

  get #lists(): string {
    return join(this.#folder, 'lists')
  }

  get #archives(): string {
    return join(this.#folder, 'cache/archives')
  }

  get #partial(): string {
    return join(this.#archives, 'partial')
  }
}

/** Reads what `--print-uris` prints: `'URI' FILE SIZE HASH`, a package in a line. */
function readWanted(printed: string): readonly WantedPackage[] {
  return printed.split('\n').flatMap((line) => {
    const match = /^'([^']+)' (\S+\.deb) \d+(?: SHA256:([0-9a-f]{64}))?/i.exec(line)
    if (match === null) return []
    const [, uri = '', file = '', sha256] = match
    const local = uri.startsWith('file:') ? decodeURIComponent(uri.slice('file:'.length)) : undefined
    return [{ file, sha256: sha256?.toLowerCase(), local }]
  })
}

async function keptSettings(): Promise<readonly string[]> {
  const dump = await runCommand(['apt-config', 'dump'])
  return dump.split('\n').filter((line) => KEPT_SETTINGS.test(line))
}

/** Everything that apt would read or write on the system is turned to `folder`, or to nothing. */
function privateConfiguration(folder: string, settings: readonly string[]): string {
  const quoted = (name: string, value: string): string => `${name} "${value}";`
  return [
    quoted('Dir::Etc::main', '/dev/null'),
    quoted('Dir::Etc::parts', '/dev/null'),
    quoted('Dir::Etc::sourcelist', '/dev/null'),
    quoted('Dir::Etc::sourceparts', join(folder, 'sources')),
    quoted('Dir::Etc::preferences', '/dev/null'),
    quoted('Dir::Etc::preferencesparts', '/dev/null'),
    quoted('Dir::State::lists', join(folder, 'lists')),
    quoted('Dir::State::extended_states', '/dev/null'),
    quoted('Dir::Cache', join(folder, 'cache')),
    quoted('Dir::Log', '/dev/null'),
    // Root would otherwise download as the user `_apt`, who may not write here.
    quoted('APT::Sandbox::User', ''),
    quoted('APT::Install-Recommends', 'false'),
    quoted('APT::Update::Error-Mode', 'any'),
    quoted('Acquire::Languages', 'none'),
    quoted('Acquire::Retries', '3'),
    quoted('Acquire::http::Timeout', '20'),
    quoted('Acquire::https::Timeout', '20'),
    quoted('Debug::NoLocking', 'true'),
    // Only what the packages depend on, and not what every Debian system holds beside.
    quoted('pkgCacheGen::Essential', 'none'),
    ...settings,
    '',
  ].join('\n')
}
