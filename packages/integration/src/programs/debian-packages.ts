import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'
import { type AptSource, formatSources } from './apt-sources.ts'
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

/**
 * Packages with all that they depend on, from the given archives, unpacked into a folder: nothing is
 * installed, no root is needed, and the machine's own apt configuration, lists and cache are not touched. apt
 * resolves the dependencies and checks signatures and hashes.
 * @param folder where to unpack; made if it is not there. apt's own state is kept in it only for the time of
 * the call.
 * @param beside whether the machine's own packages are taken for granted, and only what they lack is
 * unpacked.
 * @param onProgress told, in a line, what is done.
 * @returns `name=version` of each package.
 * @throws IntegrationError `command-failed` when apt or dpkg fails; nothing is retried here.
 */
export async function unpackDebianPackages(
  folder: string,
  packages: readonly string[],
  sources: readonly AptSource[],
  beside = false,
  onProgress: (line: string) => void = () => undefined,
): Promise<readonly string[]> {
  if (sources.length === 0) {
    throw new IntegrationError('command-failed', 'no archive of Debian packages is known for this machine')
  }
  const state = join(folder, '.apt')
  const archives = join(state, 'cache/archives')
  await mkdir(join(state, 'lists/partial'), { recursive: true })
  await mkdir(join(state, 'sources'), { recursive: true })
  await mkdir(join(archives, 'partial'), { recursive: true })
  await writeFile(join(state, 'sources/sapwood.sources'), formatSources(sources))
  const settings = [
    `Dir::State::status "${beside ? SYSTEM_STATUS : '/dev/null'}";`,
    ...(await keptSettings()),
  ]
  await writeFile(join(state, 'apt.conf'), privateConfiguration(state, settings))
  const environment = { APT_CONFIG: join(state, 'apt.conf'), DEBIAN_FRONTEND: 'noninteractive' }
  onProgress('reading the lists of packages')
  await runCommand(['apt-get', 'update', '-q'], { environment, timeout: UPDATE_TIMEOUT })
  onProgress(`fetching ${packages.join(' ')} and what that needs`)
  await runCommand(['apt-get', 'install', '-q', '-y', '--download-only', ...packages], {
    environment,
    timeout: DOWNLOAD_TIMEOUT,
  })
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort()
  onProgress(`unpacking ${files.length} packages`)
  for (const file of files) await runCommand(['dpkg', '-x', join(archives, file), folder])
  await rm(state, { recursive: true, force: true })
  return files.map((file) => decodeURIComponent(file).split('_').slice(0, 2).join('='))
}

async function keptSettings(): Promise<readonly string[]> {
  const dump = await runCommand(['apt-config', 'dump'])
  return dump.split('\n').filter((line) => KEPT_SETTINGS.test(line))
}

/** Everything that apt would read or write on the system is turned to `state`, or to nothing. */
function privateConfiguration(state: string, settings: readonly string[]): string {
  const quoted = (name: string, value: string): string => `${name} "${value}";`
  return [
    quoted('Dir::Etc::main', '/dev/null'),
    quoted('Dir::Etc::parts', '/dev/null'),
    quoted('Dir::Etc::sourcelist', '/dev/null'),
    quoted('Dir::Etc::sourceparts', join(state, 'sources')),
    quoted('Dir::Etc::preferences', '/dev/null'),
    quoted('Dir::Etc::preferencesparts', '/dev/null'),
    quoted('Dir::State::lists', join(state, 'lists')),
    quoted('Dir::State::extended_states', '/dev/null'),
    quoted('Dir::Cache', join(state, 'cache')),
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
