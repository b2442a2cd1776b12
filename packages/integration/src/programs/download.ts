import { mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isIntegrationError, IntegrationError } from '../errors/integration-error.ts'
import { startTimer } from './default-sleep.ts'
import { sha256OfFile } from './file-hash.ts'

/** Milliseconds without a byte after which a connection is given up. */
const STALL_TIMEOUT = 30_000
/** Connections in a row that bring nothing, after which the download is given up until the next time. */
const MOST_FRUITLESS = 3
/** Tells of progress each time that so much more of it has come, in percent. */
const PROGRESS_STEP = 10
const RANGE_NOT_SATISFIABLE = 416

/** A file to be fetched, pinned by its hash. */
export interface Download {
  readonly url: string
  /** SHA-256 of the file, in hex. */
  readonly sha256: string
  /** Most bytes that are read of it before its hash is looked at. */
  readonly maxSize: number
}

/**
 * Fetches a file. What has come stays where it is when the connection breaks, or our process ends: the next
 * connection, or the next call, asks for the rest. The hash is taken over the whole.
 * @param file where it goes to, whole or not. Nobody else may write to it meanwhile.
 * @throws IntegrationError `checksum-mismatch`, and `archive-too-large`: the file is gone then;
 * `command-failed` where it could not be fetched.
 */
export async function download(
  { url, sha256, maxSize }: Download,
  file: string,
  onProgress: (line: string) => void = () => undefined,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const resumed = await sizeOf(file)
  if (resumed > 0) onProgress(`${url}: ${resumed} bytes are there already`)
  await fetchRest(url, file, maxSize, onProgress)
  let received = await sha256OfFile(file)
  if (received !== sha256 && resumed > 0) {
    // What was there was of something else.
    await rm(file, { force: true })
    await fetchRest(url, file, maxSize, onProgress)
    received = await sha256OfFile(file)
  }
  if (received === sha256) return
  await rm(file, { force: true })
  const message = `${url}: SHA-256 is ${received}, not ${sha256}`
  throw new IntegrationError('checksum-mismatch', message, { expected: sha256, received })
}

async function fetchRest(
  url: string,
  file: string,
  maxSize: number,
  onProgress: (line: string) => void,
): Promise<void> {
  for (let fruitless = 0; ; ) {
    const before = await sizeOf(file)
    try {
      await fetchOnce(url, file, before, maxSize, onProgress)
      return
    } catch (cause) {
      if (isIntegrationError(cause)) {
        await rm(file, { force: true })
        throw cause
      }
      fruitless = (await sizeOf(file)) > before ? 0 : fruitless + 1
      const why = reasonOf(cause)
      if (cause instanceof Refused || fruitless >= MOST_FRUITLESS) {
        throw new IntegrationError('command-failed', `${url} could not be fetched: ${why}`, { cause })
      }
      onProgress(`${url}: ${why}; what is left of it is asked for again`)
    }
  }
}

/** The server will not have it otherwise, however often it is asked. */
class Refused extends Error {}

/** One connection: the whole, or what comes behind the bytes that are there. */
async function fetchOnce(
  url: string,
  file: string,
  have: number,
  maxSize: number,
  onProgress: (line: string) => void,
): Promise<void> {
  const controller = new AbortController()
  const watch = (): (() => void) =>
    startTimer(STALL_TIMEOUT, () => controller.abort(new Error(`nothing came for ${STALL_TIMEOUT} ms`)))
  let cancel = watch()
  try {
    const headers: Record<string, string> = have === 0 ? {} : { range: `bytes=${have}-` }
    // Of a compressed answer the bytes would not be those of the file.
    const response = await fetch(url, {
      signal: controller.signal,
      headers: { ...headers, 'accept-encoding': 'identity' },
    })
    // There is nothing behind what is there: its hash says whether it is the file.
    if (response.status === RANGE_NOT_SATISFIABLE && have > 0) return
    if (!response.ok) throw new Refused(`status ${response.status}`)
    const isRest = response.status === 206 && beginsAt(response.headers.get('content-range')) === have
    if (response.status === 206 && !isRest) {
      await rm(file, { force: true })
      throw new Error('another part of it came than was asked for')
    }
    let length = isRest ? have : 0
    const total = length + Number(response.headers.get('content-length') ?? 0)
    let told = 0
    await using output = await open(file, isRest ? 'a' : 'w')
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      cancel()
      cancel = watch()
      length += piece.length
      if (length > maxSize) {
        const message = `${url} gives more than the ${maxSize} bytes that an archive may have`
        throw new IntegrationError('archive-too-large', message)
      }
      await output.write(piece)
      const percent = total > 0 ? Math.floor((100 * length) / total) : 0
      if (percent - told < PROGRESS_STEP) continue
      told = percent - (percent % PROGRESS_STEP)
      onProgress(`${url}: ${told} % of ${total} bytes`)
    }
    if (length < total) throw new Error(`it ended ${total - length} bytes too early`)
  } finally {
    cancel()
    // Also where not all of it was wanted.
    controller.abort()
  }
}

/** Where the part of a file begins, by its `Content-Range`. */
function beginsAt(range: string | null): number | undefined {
  const begin = /^bytes (\d+)-/.exec(range ?? '')?.[1]
  return begin === undefined ? undefined : Number(begin)
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return (cause.cause as Error | undefined)?.message ?? cause.message
}
