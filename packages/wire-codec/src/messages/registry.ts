import type { AnyMessage, MessageCodec } from './codec.ts'
import { isCommand } from './command.ts'
import { createShortIds, defaultShortIds, type ShortIds } from './short-ids.ts'

/** The messages that a program knows. */
export interface Registry<M extends AnyMessage> {
  /** The codec of `command`, or undefined: then the message is `unknown`. */
  codecOf(command: string): MessageCodec<M> | undefined
  /** All codecs, in the order they were given. */
  codecs(): readonly MessageCodec<M>[]
  /** The ids of BIP324's list, with those of the registry's own codecs. */
  readonly shortIds: ShortIds
}

/**
 * A registry with the messages of `base` and `own`. One of `own` with the command or the
 * short id of another takes its place.
 * @throws RangeError when a command is not 1 to 12 printable ASCII characters, or a short id not 1 to 255.
 * @example
 * const hello: MessageCodec<{ type: 'hello'; times: number }> = {
 *   command: 'hello',
 *   encode: ({ times }, writer) => void writer.u8(times),
 *   decode: (reader) => ({ type: 'hello', times: reader.u8() }),
 * }
 * const registry = createRegistry(baseRegistry, hello)
 * decodePayload('hello', Uint8Array.of(3), registry) // { type: 'hello', times: 3 }
 */
export function createRegistry<B extends AnyMessage, O extends AnyMessage = never>(
  base: Registry<B>,
  ...own: readonly MessageCodec<O>[]
): Registry<B | O> {
  return registryOf<B | O>([...base.codecs(), ...own])
}

/** A registry of these codecs alone. */
export function registryOf<M extends AnyMessage>(codecs: readonly MessageCodec<M>[]): Registry<M> {
  const byCommand = new Map<string, MessageCodec<M>>()
  for (const codec of codecs) {
    if (!isCommand(codec.command)) throw new RangeError(`Not a command: ${JSON.stringify(codec.command)}`)
    byCommand.set(codec.command, codec)
  }
  const all = [...byCommand.values()]
  const shortIds = createShortIds(shortIdEntries(all))
  return { codecOf: (command) => byCommand.get(command), codecs: () => all, shortIds }
}

/** The default ids, save those of a command that a codec gives another id to; then those of the codecs. */
function* shortIdEntries(codecs: readonly MessageCodec<AnyMessage>[]): Generator<readonly [number, string]> {
  const own = new Map(
    codecs.flatMap(({ command, shortId }) => (shortId === undefined ? [] : [[command, shortId]])),
  )
  for (const [id, command] of defaultShortIds.entries()) if (!own.has(command)) yield [id, command]
  for (const [command, id] of own) yield [id, command]
}
