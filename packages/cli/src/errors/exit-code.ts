/** What the command ends with; `--help` lists them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  /** 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The part of `--help` that tells them. */
export const EXIT_CODES_HELP = `
Exit codes: 0 done, 1 it failed, 2 the command line was not understood, 3 the remote cannot be reached,
4 the remote refused, 130 interrupted. What runs until it is ended (node, relay, bitcoind) is then done.`
