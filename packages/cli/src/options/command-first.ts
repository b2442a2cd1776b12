import type { Command } from 'commander'

/**
 * The same command line with the command's name before its options, wherever it stood: `-n regtest peer X` is
 * `peer -n regtest X`. What takes a value is known from the commands themselves, so that a value which is the
 * name of a command is none.
 */
export function commandFirst(args: readonly string[], program: Command): readonly string[] {
  const names = new Set(program.commands.map((command) => command.name()))
  const takers = new Set(
    program.commands
      .flatMap(({ options }) => options)
      .filter(({ required }) => required)
      .flatMap(({ short, long }) => [short, long]),
  )
  if (args[0]?.startsWith('-') !== true) return args
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!
    if (arg === '--') return args
    if (takers.has(arg)) index++
    else if (names.has(arg)) return [arg, ...args.slice(0, index), ...args.slice(index + 1)]
  }
  return args
}
