import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { untilAborted } from '@sapwood/transport-v1v2/environment'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError } from '../errors/command-error.ts'

/** Largest input that is read, in bytes: four of Core's block files (`MAX_BLOCKFILE_SIZE`). */
const MAX_INPUT = 4 * 0x8000000

/**
 * All of standard input (`-`), or of what a path leads to: a file, or what another program writes to
 * (`<(command)` of a shell).
 * @returns undefined where the path leads nowhere, or to a folder.
 * @throws CommandError where there is more of it than is read, and what the file system does.
 */
export async function readSource(
  path: string,
  { io, signal }: Pick<Surroundings, 'io' | 'signal'>,
): Promise<Uint8Array | undefined> {
  const tooMuch = new CommandError(
    `${path === '-' ? 'standard input' : path} has more than ${MAX_INPUT} bytes`,
  )
  // What never ends is the user's to end.
  if (path === '-') return await untilAborted(signal, () => readAll(io.input(), tooMuch))
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || found.isDirectory()) return undefined
  if (found.size > MAX_INPUT) throw tooMuch
  return await untilAborted(signal, () => readAll(createReadStream(path), tooMuch))
}

async function readAll(stream: AsyncIterable<Uint8Array>, tooMuch: CommandError): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > MAX_INPUT) throw tooMuch
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
