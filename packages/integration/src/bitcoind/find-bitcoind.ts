import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IntegrationError } from '../errors/integration-error.ts'
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

export interface FindBitcoindOptions extends FindProgramOptions {
  /** Taken where no Debian package can be had; {@link BITCOIN_CORE_ARCHIVE} by default. */
  readonly archive?: BitcoinArchive
}

/**
 * Finds a bitcoind: the `BITCOIND` variable, `bitcoind` on PATH, `bitcoind` in the cache folder; else installs one
 * there, from Debian's `bitcoin-knots` package where apt is present, elsewhere from Bitcoin Core's archive.
 * @throws IntegrationError `program-not-found`, with what was tried and what to do.
 */
export async function findBitcoind(options: FindBitcoindOptions = {}): Promise<Program> {
  const { archive = BITCOIN_CORE_ARCHIVE, ...findOptions } = options
  return await findProgram(bitcoindSpec(archive), findOptions)
}

function bitcoindSpec(archive: BitcoinArchive): ProgramSpec {
  return {
    name: 'bitcoind',
    variable: 'BITCOIND',
    debian: { packages: ['bitcoin-knots'], executable: 'usr/bin/bitcoind', suites: KNOTS_SUITES },
    install: (folder) => unpackArchive(archive, folder),
  }
}

/** Longest that the download of the archive may take, in milliseconds. */
const DOWNLOAD_TIMEOUT = 600_000

/** Fetches an archive, checks its hash, and unpacks it into a folder; returns the executable's path in that. */
export async function unpackArchive(archive: BitcoinArchive, folder: string): Promise<string> {
  if (archive === BITCOIN_CORE_ARCHIVE && (process.platform !== 'linux' || process.arch !== 'x64')) {
    const message = `no archive is pinned for ${process.platform} on ${process.arch}`
    throw new IntegrationError('program-not-found', message)
  }
  const file = join(folder, 'archive.tar.gz')
  const bytes = await download(archive.url)
  const received = createHash('sha256').update(bytes).digest('hex')
  if (received !== archive.sha256) {
    const message = `${archive.url}: SHA-256 is ${received}, not ${archive.sha256}`
    throw new IntegrationError('checksum-mismatch', message, { expected: archive.sha256, received })
  }
  await writeFile(file, bytes)
  await runCommand(['tar', '-xzf', file, '-C', folder])
  await rm(file)
  return archive.executable
}

async function download(url: string): Promise<Uint8Array> {
  const controller = new AbortController()
  const cancel = startTimer(DOWNLOAD_TIMEOUT, () => controller.abort())
  try {
    const response = await fetch(url, { signal: controller.signal })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : ''
    throw new IntegrationError('command-failed', `${url} could not be fetched: ${why}`, { cause })
  } finally {
    cancel()
  }
}
