import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isIntegrationError, IntegrationError } from '../errors/integration-error.ts'
import {
  findProgram,
  type FindProgramOptions,
  type Program,
  type ProgramSpec,
} from '../programs/find-program.ts'
import { startTimer } from '../programs/default-sleep.ts'
import { runCommand } from '../programs/run-command.ts'

/** An archive of Bitcoin Core, pinned by its hash. */
export interface BitcoinArchive {
  readonly url: string
  /** SHA-256 of the archive, in hex. */
  readonly sha256: string
  /** Most that is read of it, in bytes, before its hash is looked at; {@link MAX_ARCHIVE_SIZE} by default. */
  readonly maxSize?: number
  /** Path of `bitcoind` inside it. */
  readonly executable: string
}

/** Bitcoin Core 29.0 for Linux on x86-64, as bitcoincore.org publishes it. */
export const BITCOIN_CORE_ARCHIVE: BitcoinArchive = {
  url: 'https://bitcoincore.org/bin/bitcoin-core-29.0/bitcoin-29.0-x86_64-linux-gnu.tar.gz',
  sha256: 'a681e4f6ce524c338a105f214613605bac6c33d58c31dc5135bbc02bc458bb6c',
  executable: 'bitcoin-29.0/bin/bitcoind',
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
  /** Taken where no Debian package can be had; {@link BITCOIN_CORE_ARCHIVE} by default. */
  readonly archive?: BitcoinArchive
}

/**
 * Finds a bitcoind: the `BITCOIND` variable, `bitcoind` on PATH, `bitcoind` in the cache folder; else
 * installs one there, from Debian's `bitcoin-knots` package where apt is present, elsewhere from Bitcoin
 * Core's archive.
 * @throws IntegrationError `program-not-found`, with what was tried and what to do.
 */
export async function findBitcoind(options: FindBitcoindOptions = {}): Promise<Program> {
  const { archive = BITCOIN_CORE_ARCHIVE, version, ...findOptions } = options
  if (version !== undefined) return await findVersion(version, archive, findOptions)
  return await findProgram(bitcoindSpec(archive), findOptions)
}

/** A version by name has a folder of its own in the cache: `bitcoind-knots`, `bitcoind-core@29.0`. */
async function findVersion(
  version: BitcoindVersion,
  archive: BitcoinArchive,
  options: FindProgramOptions,
): Promise<Program> {
  const { debian, install } = bitcoindSpec(archive)
  const way = version === 'knots' ? { debian: debian! } : { install: install! }
  const spec: ProgramSpec = { name: `bitcoind-${version}`, ...way }
  return await findProgram(spec, options)
}

function bitcoindSpec(archive: BitcoinArchive): ProgramSpec {
  return {
    name: 'bitcoind',
    variable: 'BITCOIND',
    debian: { packages: ['bitcoin-knots'], executable: 'usr/bin/bitcoind', suites: KNOTS_SUITES },
    install: (folder) => unpackArchive(archive, folder),
  }
}

/**
 * Most that is read of an archive, in bytes, before its hash is looked at: twice what the pinned one has, and
 * some.
 */
const MAX_ARCHIVE_SIZE = 134_217_728
/** Longest that the download of the archive may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 600_000

/**
 * Fetches an archive, checks its hash, and unpacks it into a folder; returns the executable's path in that.
 * @throws IntegrationError `checksum-mismatch`, `archive-too-large`, `command-failed`
 */
export async function unpackArchive(archive: BitcoinArchive, folder: string): Promise<string> {
  if (archive === BITCOIN_CORE_ARCHIVE && (process.platform !== 'linux' || process.arch !== 'x64')) {
    const message = `no archive is pinned for ${process.platform} on ${process.arch}`
    throw new IntegrationError('program-not-found', message)
  }
  const file = join(folder, 'archive.tar.gz')
  const received = await download(archive, file)
  if (received !== archive.sha256) {
    const message = `${archive.url}: SHA-256 is ${received}, not ${archive.sha256}`
    throw new IntegrationError('checksum-mismatch', message, { expected: archive.sha256, received })
  }
  await runCommand(['tar', '-xzf', file, '-C', folder])
  await rm(file)
  return archive.executable
}

/** Writes an archive into a file, piece by piece; returns its SHA-256 in hex. */
async function download({ url, maxSize = MAX_ARCHIVE_SIZE }: BitcoinArchive, file: string): Promise<string> {
  const controller = new AbortController()
  const cancel = startTimer(DOWNLOAD_TIMEOUT, () => controller.abort())
  const hash = createHash('sha256')
  let length = 0
  try {
    const response = await fetch(url, { signal: controller.signal })
    if (!response.ok) throw new Error(`status ${response.status}`)
    await using output = await open(file, 'w')
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += piece.length
      if (length > maxSize) {
        const message = `${url} gives more than the ${maxSize} bytes that an archive may have`
        throw new IntegrationError('archive-too-large', message)
      }
      hash.update(piece)
      await output.write(piece)
    }
    return hash.digest('hex')
  } catch (cause) {
    if (isIntegrationError(cause)) throw cause
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : ''
    throw new IntegrationError('command-failed', `${url} could not be fetched: ${why}`, { cause })
  } finally {
    // Also where not all of it was wanted.
    controller.abort()
    cancel()
  }
}
