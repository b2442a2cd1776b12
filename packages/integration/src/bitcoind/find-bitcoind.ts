import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'
import {
  findProgram,
  type FindProgramOptions,
  type Program,
  type ProgramSpec,
} from '../programs/find-program.ts'
import { download } from '../programs/download.ts'
import { withMachineLock } from '../programs/machine-lock.ts'
import { runCommand } from '../programs/run-command.ts'

/** An archive of Bitcoin Core, pinned by its hash. */
export interface BitcoinArchive {
  readonly url: string
  /** SHA-256 of the archive, in hex. */
  readonly sha256: string
  /** Most that is read of it, in bytes, before its hash is looked at; 128 MiB by default. */
  readonly maxSize?: number
  /** Path of `bitcoind` inside it. */
  readonly executable: string
}

/** Bitcoin Core 29.0, as bitcoincore.org publishes it; the hashes are those of its signed `SHA256SUMS`. */
const core29 = (target: string, sha256: string): BitcoinArchive => ({
  url: `https://bitcoincore.org/bin/bitcoin-core-29.0/bitcoin-29.0-${target}.tar.gz`,
  sha256,
  executable: 'bitcoin-29.0/bin/bitcoind',
})

/** Archives of Bitcoin Core by `process.platform` and `process.arch`. */
const CORE_ARCHIVES: Readonly<Record<string, BitcoinArchive>> = {
  'linux x64': core29('x86_64-linux-gnu', 'a681e4f6ce524c338a105f214613605bac6c33d58c31dc5135bbc02bc458bb6c'),
  'linux arm64': core29(
    'aarch64-linux-gnu',
    '7922ac99363dd28f79e57ef7098581fd48ebd1119b412b07e73b1fd19fd0443f',
  ),
  'darwin x64': core29(
    'x86_64-apple-darwin',
    '5bb824fc86a15318d6a83a1b821ff4cd4b3d3d0e1ec3d162b805ccf7cae6fca8',
  ),
  'darwin arm64': core29(
    'arm64-apple-darwin',
    '34431c582a0399dd42e1276d87d25306cbdde0217f6744bd55a2945986645dda',
  ),
}

/**
 * Bitcoin Core's archive for a machine; by default this one.
 * @throws IntegrationError `program-not-found` where none is pinned for it.
 */
export function bitcoinCoreArchive(
  platform: string = process.platform,
  arch: string = process.arch,
): BitcoinArchive {
  const archive = CORE_ARCHIVES[`${platform} ${arch}`]
  if (archive !== undefined) return archive
  throw new IntegrationError('program-not-found', `no archive is pinned for ${platform} on ${arch}`)
}

/** Suites of Debian that hold `bitcoin-knots`, which is derived from Bitcoin Core, and its libraries. */
const KNOTS_SUITES = ['trixie', 'trixie-backports']

/** The versions that can be asked for by name; several are kept side by side in the cache. */
export const BITCOIND_VERSIONS = ['knots', 'core@29.0'] as const

/** `knots`: Debian's `bitcoin-knots`, where apt is present. `core@29.0`: Bitcoin Core's own archive. */
export type BitcoindVersion = (typeof BITCOIND_VERSIONS)[number]

/** Whether a text names a version. */
export function isBitcoindVersion(text: string): text is BitcoindVersion {
  return (BITCOIND_VERSIONS as readonly string[]).includes(text)
}

/** Which bitcoind is looked for, and where. */
export interface FindBitcoindOptions extends FindProgramOptions {
  /** This one and no other: `BITCOIND` and PATH are not looked at. Default: whichever there is. */
  readonly version?: BitcoindVersion
  /** Taken where no Debian package can be had; that of {@link bitcoinCoreArchive} by default. */
  readonly archive?: BitcoinArchive
}

/**
 * Finds a bitcoind: the `BITCOIND` variable, `bitcoind` on PATH, `bitcoind` in the cache folder; else
 * installs one there, from Debian's `bitcoin-knots` package where apt is present, elsewhere from Bitcoin
 * Core's archive.
 * @throws IntegrationError `program-not-found`, with what was tried and what to do.
 */
export async function findBitcoind(options: FindBitcoindOptions = {}): Promise<Program> {
  const { archive, version, ...findOptions } = options
  if (version !== undefined) return await findVersion(version, archive, findOptions)
  return await findProgram(bitcoindSpec(archive, options.onProgress), findOptions)
}

/** A version by name has a folder of its own in the cache: `bitcoind-knots`, `bitcoind-core@29.0`. */
async function findVersion(
  version: BitcoindVersion,
  archive: BitcoinArchive | undefined,
  options: FindProgramOptions,
): Promise<Program> {
  const { debian, install } = bitcoindSpec(archive, options.onProgress)
  const way = version === 'knots' ? { debian: debian! } : { install: install! }
  const spec: ProgramSpec = { name: `bitcoind-${version}`, ...way }
  return await findProgram(spec, options)
}

function bitcoindSpec(
  archive: BitcoinArchive | undefined,
  onProgress: FindProgramOptions['onProgress'],
): ProgramSpec {
  return {
    name: 'bitcoind',
    variable: 'BITCOIND',
    debian: { packages: ['bitcoin-knots'], executable: 'usr/bin/bitcoind', suites: KNOTS_SUITES },
    install: async (folder) => unpackArchive(archive ?? bitcoinCoreArchive(), folder, onProgress),
  }
}

/**
 * Most that is read of an archive, in bytes, before its hash is looked at: twice what the pinned one has, and
 * some.
 */
const MAX_ARCHIVE_SIZE = 134_217_728
/**
 * Fetches an archive, checks its hash, and unpacks it into a folder; returns the executable's path in that. A
 * download that is cut off is taken up again: what has come is kept beside the folder, in `downloads`.
 * @throws IntegrationError `checksum-mismatch`, `archive-too-large`, `command-failed`
 */
export async function unpackArchive(
  archive: BitcoinArchive,
  folder: string,
  onProgress?: (line: string) => void,
): Promise<string> {
  const { url, sha256, maxSize = MAX_ARCHIVE_SIZE } = archive
  const file = join(dirname(folder), 'downloads', `${sha256}.tar.gz`)
  // Versions by name share their archives, and have folders of their own.
  await withMachineLock(file, async () => {
    await download({ url, sha256, maxSize }, file, onProgress)
    await runCommand(['tar', '-xzf', file, '-C', folder])
    await rm(file)
  })
  return archive.executable
}
